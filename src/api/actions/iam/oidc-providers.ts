import { oidcProviderArn } from '../../../core/arn.ts';
import {
  addOidcClientId,
  createOidcProvider,
  deleteOidcProvider,
  listOidcProviders,
  removeOidcClientId,
  requireOidcProvider,
  setOidcThumbprints,
} from '../../../iam/oidc-providers.ts';
import { tagsOf } from '../../../iam/tags.ts';
import { changing, reading } from './row.ts';
import { tagShapes, tagsOfInput } from './shapes.ts';
import { creating, onAccount, onOidcProvider } from './targets.ts';

/** Identity providers that speak OpenID Connect. */

const CreateOpenIDConnectProvider = changing<'CreateOpenIDConnectProvider'>(
  (_iam, input, caller) => {
    const url = input.Url.replace(/^https:\/\//, '').replace(/\/$/, '');
    const resource = oidcProviderArn(caller.principal.accountId, url);
    return creating('iam:CreateOpenIDConnectProvider', 'iam:TagOpenIDConnectProvider', resource, input.Tags);
  },
  async (iam, input, caller) => ({
    OpenIDConnectProviderArn: await createOidcProvider(iam, caller.principal.accountId, {
      url: input.Url,
      clientIds: input.ClientIDList,
      thumbprints: input.ThumbprintList,
      tags: tagsOfInput(input.Tags),
    }),
    Tags: tagShapes(tagsOfInput(input.Tags)),
  }),
);

const GetOpenIDConnectProvider = reading<'GetOpenIDConnectProvider'>(
  (iam, input, caller) =>
    onOidcProvider(iam, caller, 'iam:GetOpenIDConnectProvider', input.OpenIDConnectProviderArn),
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const provider = await requireOidcProvider(iam.store, accountId, input.OpenIDConnectProviderArn);
    return {
      Url: provider.url,
      ClientIDList: provider.clientIds,
      ThumbprintList: provider.thumbprints,
      CreateDate: provider.createdAt,
      Tags: tagShapes(await tagsOf(iam.store, accountId, provider.id)),
    };
  },
);

const DeleteOpenIDConnectProvider = changing<'DeleteOpenIDConnectProvider'>(
  (iam, input, caller) =>
    onOidcProvider(iam, caller, 'iam:DeleteOpenIDConnectProvider', input.OpenIDConnectProviderArn),
  (iam, input, caller) => deleteOidcProvider(iam, caller.principal.accountId, input.OpenIDConnectProviderArn),
);

const ListOpenIDConnectProviders = reading<'ListOpenIDConnectProviders'>(
  () => onAccount('iam:ListOpenIDConnectProviders'),
  async (iam, _input, caller) => {
    const providers = await listOidcProviders(iam, caller.principal.accountId);
    return { OpenIDConnectProviderList: providers.map(({ arn }) => ({ Arn: arn })) };
  },
);

const UpdateOpenIDConnectProviderThumbprint = changing<'UpdateOpenIDConnectProviderThumbprint'>(
  (iam, input, caller) =>
    onOidcProvider(iam, caller, 'iam:UpdateOpenIDConnectProviderThumbprint', input.OpenIDConnectProviderArn),
  (iam, input, caller) =>
    setOidcThumbprints(iam, caller.principal.accountId, input.OpenIDConnectProviderArn, input.ThumbprintList),
);

const AddClientIDToOpenIDConnectProvider = changing<'AddClientIDToOpenIDConnectProvider'>(
  (iam, input, caller) =>
    onOidcProvider(iam, caller, 'iam:AddClientIDToOpenIDConnectProvider', input.OpenIDConnectProviderArn),
  (iam, input, caller) =>
    addOidcClientId(iam, caller.principal.accountId, input.OpenIDConnectProviderArn, input.ClientID),
);

const RemoveClientIDFromOpenIDConnectProvider = changing<'RemoveClientIDFromOpenIDConnectProvider'>(
  (iam, input, caller) =>
    onOidcProvider(
      iam,
      caller,
      'iam:RemoveClientIDFromOpenIDConnectProvider',
      input.OpenIDConnectProviderArn,
    ),
  (iam, input, caller) =>
    removeOidcClientId(iam, caller.principal.accountId, input.OpenIDConnectProviderArn, input.ClientID),
);

export const oidcProviderActions = {
  CreateOpenIDConnectProvider,
  GetOpenIDConnectProvider,
  DeleteOpenIDConnectProvider,
  ListOpenIDConnectProviders,
  UpdateOpenIDConnectProviderThumbprint,
  AddClientIDToOpenIDConnectProvider,
  RemoveClientIDFromOpenIDConnectProvider,
};
