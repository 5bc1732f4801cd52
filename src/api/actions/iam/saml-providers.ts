import { samlProviderArn } from '../../../core/arn.ts';
import { Secret } from '../../../core/secret.ts';
import {
  createSamlProvider,
  deleteSamlProvider,
  keysOfSamlProvider,
  listSamlProviders,
  requireSamlProvider,
  updateSamlProvider,
} from '../../../iam/saml-providers.ts';
import { tagsOf } from '../../../iam/tags.ts';
import { changing, reading } from './row.ts';
import { tagShapes, tagsOfInput } from './shapes.ts';
import { creating, onAccount, onSamlProvider } from './targets.ts';

/** Identity providers that speak SAML. */

const secretOf = (text: string | undefined) => (text === undefined ? undefined : new Secret(text));

const CreateSAMLProvider = changing<'CreateSAMLProvider'>(
  (_iam, input, caller) => {
    const resource = samlProviderArn(caller.principal.accountId, input.Name);
    return creating('iam:CreateSAMLProvider', 'iam:TagSAMLProvider', resource, input.Tags);
  },
  async (iam, input, caller) => ({
    SAMLProviderArn: await createSamlProvider(iam, caller.principal.accountId, {
      name: input.Name,
      metadata: input.SAMLMetadataDocument,
      encryptionMode: input.AssertionEncryptionMode,
      privateKey: secretOf(input.AddPrivateKey),
      tags: tagsOfInput(input.Tags),
    }),
    Tags: tagShapes(tagsOfInput(input.Tags)),
  }),
);

const GetSAMLProvider = reading<'GetSAMLProvider'>(
  (iam, input, caller) => onSamlProvider(iam, caller, 'iam:GetSAMLProvider', input.SAMLProviderArn),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const provider = await requireSamlProvider(iam.store, accountId, input.SAMLProviderArn);
    const keys = await keysOfSamlProvider(iam.store, accountId, provider.id);
    return {
      SAMLProviderUUID: provider.id,
      SAMLMetadataDocument: provider.metadata,
      CreateDate: provider.createdAt,
      ValidUntil: provider.validUntil,
      Tags: tagShapes(await tagsOf(iam.store, accountId, provider.id)),
      AssertionEncryptionMode: provider.encryptionMode,
      PrivateKeyList: keys.map(({ keyId, createdAt }) => ({ KeyId: keyId, Timestamp: createdAt })),
    };
  },
);

const UpdateSAMLProvider = changing<'UpdateSAMLProvider'>(
  (iam, input, caller) => onSamlProvider(iam, caller, 'iam:UpdateSAMLProvider', input.SAMLProviderArn),
  async (iam, input, caller) => {
    await updateSamlProvider(iam, caller.principal.accountId, input.SAMLProviderArn, {
      metadata: input.SAMLMetadataDocument,
      encryptionMode: input.AssertionEncryptionMode,
      addKey: secretOf(input.AddPrivateKey),
      removeKeyId: input.RemovePrivateKey,
    });
    return { SAMLProviderArn: input.SAMLProviderArn };
  },
);

const DeleteSAMLProvider = changing<'DeleteSAMLProvider'>(
  (iam, input, caller) => onSamlProvider(iam, caller, 'iam:DeleteSAMLProvider', input.SAMLProviderArn),
  (iam, input, caller) => deleteSamlProvider(iam, caller.principal.accountId, input.SAMLProviderArn),
);

const ListSAMLProviders = reading<'ListSAMLProviders'>(
  () => onAccount('iam:ListSAMLProviders'),
  async (iam, _input, caller) => {
    const providers = await listSamlProviders(iam, caller.principal.accountId);
    return {
      SAMLProviderList: providers.map(({ arn, validUntil, createdAt }) => ({
        Arn: arn,
        ValidUntil: validUntil,
        CreateDate: createdAt,
      })),
    };
  },
);

export const samlProviderActions = {
  CreateSAMLProvider,
  GetSAMLProvider,
  UpdateSAMLProvider,
  DeleteSAMLProvider,
  ListSAMLProviders,
};
