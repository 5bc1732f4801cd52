import { serverCertificateArn } from '../../../core/arn.ts';
import { Secret } from '../../../core/secret.ts';
import {
  deleteServerCertificate,
  listServerCertificates,
  renameServerCertificate,
  requireServerCertificate,
  type ServerCertificate,
  uploadServerCertificate,
} from '../../../iam/server-certificates.ts';
import { tagsOf } from '../../../iam/tags.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, tagShapes, tagsOfInput } from './shapes.ts';
import { creating, onList, onServerCertificate } from './targets.ts';
import { renamed } from './users.ts';

/** Certificates of servers. */

const UploadServerCertificate = changing<'UploadServerCertificate'>(
  (_iam, input, caller) => {
    const { accountId } = caller.principal;
    const resource = serverCertificateArn(accountId, input.Path ?? '/', input.ServerCertificateName);
    return creating('iam:UploadServerCertificate', 'iam:TagServerCertificate', resource, input.Tags);
  },
  async (iam, input, caller) => {
    const tags = tagsOfInput(input.Tags);
    const certificate = await uploadServerCertificate(iam, caller.principal.accountId, {
      name: input.ServerCertificateName,
      path: input.Path,
      body: input.CertificateBody,
      chain: input.CertificateChain,
      privateKey: new Secret(input.PrivateKey),
      tags,
    });
    return { ServerCertificateMetadata: metadataShape(certificate), Tags: tagShapes(tags) };
  },
);

const GetServerCertificate = reading<'GetServerCertificate'>(
  (iam, input, caller) =>
    onServerCertificate(iam, caller, 'iam:GetServerCertificate', input.ServerCertificateName),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const certificate = await requireServerCertificate(iam.store, accountId, input.ServerCertificateName);
    return {
      ServerCertificate: {
        ServerCertificateMetadata: metadataShape(certificate),
        CertificateBody: certificate.body,
        CertificateChain: certificate.chain,
        Tags: tagShapes(await tagsOf(iam.store, accountId, certificate.id)),
      },
    };
  },
);

const ListServerCertificates = reading<'ListServerCertificates'>(
  (_iam, input, caller) =>
    onList(caller, 'iam:ListServerCertificates', 'server-certificate', input.PathPrefix),
  async (iam, input, caller) => {
    const request = { ...pageOfInput('ListServerCertificates', input), pathPrefix: input.PathPrefix };
    const page = await listServerCertificates(iam, caller.principal.accountId, request);
    return { ServerCertificateMetadataList: page.items.map(metadataShape), ...pageMembers(page) };
  },
);

const UpdateServerCertificate = changing<'UpdateServerCertificate'>(
  async (iam, input, caller) => {
    const action = 'iam:UpdateServerCertificate';
    const [source] = await onServerCertificate(iam, caller, action, input.ServerCertificateName);
    if (source === undefined) return [];
    const target = renamed(source.resource, input.NewPath, input.NewServerCertificateName);
    return [source, { ...source, resource: target }];
  },
  (iam, input, caller) =>
    renameServerCertificate(iam, caller.principal.accountId, input.ServerCertificateName, {
      newName: input.NewServerCertificateName,
      newPath: input.NewPath,
    }),
);

const DeleteServerCertificate = changing<'DeleteServerCertificate'>(
  (iam, input, caller) =>
    onServerCertificate(iam, caller, 'iam:DeleteServerCertificate', input.ServerCertificateName),
  (iam, input, caller) =>
    deleteServerCertificate(iam, caller.principal.accountId, input.ServerCertificateName),
);

export const serverCertificateActions = {
  UploadServerCertificate,
  GetServerCertificate,
  ListServerCertificates,
  UpdateServerCertificate,
  DeleteServerCertificate,
};

function metadataShape(certificate: ServerCertificate) {
  return {
    Path: certificate.path,
    ServerCertificateName: certificate.name,
    ServerCertificateId: certificate.id,
    Arn: certificate.arn,
    UploadDate: certificate.uploadedAt,
    Expiration: certificate.expiresAt,
  };
}
