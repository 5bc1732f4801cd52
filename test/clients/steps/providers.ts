import { tagging } from './entities.ts';
import { ACCOUNT, allRefused, type ClientStep, paged, refused, step } from './step.ts';

/** Identity providers and server certificates: the account may have two of each provider, and two certificates. */

const saml = { SAMLProviderArn: `arn:aws:iam::${ACCOUNT}:saml-provider/walk` };
const noSaml = { SAMLProviderArn: `arn:aws:iam::${ACCOUNT}:saml-provider/none` };
const wrongSaml = { SAMLProviderArn: `arn:aws:iam::${ACCOUNT}:user/saml` };
const NO_SAML = `Manifest not found for arn ${noSaml.SAMLProviderArn}`;
const METADATA = { SAMLMetadataDocument: '$metadata' };
const DUPLICATE = {
  Tags: [1, 2].map((number) => ({ Key: 'k', Value: String(number) })),
};
const DUPLICATE_TEXT = 'Duplicate tag keys found. Please note that Tag keys are case insensitive.';

export const samlSteps: readonly ClientStep[] = [
  step('CreateSAMLProvider', { Name: 'walk', ...METADATA, Tags: [{ Key: 'Team', Value: 'a' }] }, saml),
  refused(
    'CreateSAMLProvider',
    { Name: 'walk', ...METADATA },
    'EntityAlreadyExists',
    'SAMLProvider with name walk already exists.',
  ),
  refused(
    'CreateSAMLProvider',
    { Name: 'x', SAMLMetadataDocument: 'x'.repeat(1000) },
    'InvalidInput',
    '~Could not parse metadata: .+',
  ),
  step('CreateSAMLProvider', { Name: 'two', ...METADATA }),
  refused(
    'CreateSAMLProvider',
    { Name: 'three', ...METADATA },
    'LimitExceeded',
    'Cannot exceed quota for SAMLProvidersPerAccount: 2',
  ),
  step('GetSAMLProvider', saml, { ...METADATA, Tags: [{ Key: 'Team', Value: 'a' }] }),
  step(
    'ListSAMLProviders',
    {},
    {
      SAMLProviderList: [{ Arn: `arn:aws:iam::${ACCOUNT}:saml-provider/two` }, { Arn: saml.SAMLProviderArn }],
    },
  ),
  step('UpdateSAMLProvider', { ...saml, ...METADATA, AddPrivateKey: '$privateKey' }, saml),
  step('UpdateSAMLProvider', { ...saml, AddPrivateKey: '$otherKey', AssertionEncryptionMode: 'Required' }),
  refused(
    'UpdateSAMLProvider',
    { ...saml, AddPrivateKey: '$privateKey' },
    'LimitExceeded',
    'Cannot exceed quota for PrivateKeysPerSAMLProvider: 2',
  ),
  ...allRefused(
    ['GetSAMLProvider', 'UpdateSAMLProvider', 'DeleteSAMLProvider'],
    noSaml,
    'NoSuchEntity',
    NO_SAML,
  ),
  ...allRefused(
    ['GetSAMLProvider', 'UpdateSAMLProvider', 'DeleteSAMLProvider'],
    wrongSaml,
    'InvalidInput',
    `ARN ${wrongSaml.SAMLProviderArn} is not valid.`,
  ),
  step('UntagSAMLProvider', { ...saml, TagKeys: ['team'] }),
  ...tagging({ title: 'SAMLProvider', name: saml, missing: noSaml, missingText: NO_SAML }, wrongSaml),
  step('DeleteSAMLProvider', saml),
  step('DeleteSAMLProvider', { SAMLProviderArn: `arn:aws:iam::${ACCOUNT}:saml-provider/two` }),
  step('ListSAMLProviders', {}, { SAMLProviderList: [] }),
];

const oidcArn = (url: string) => ({
  OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:oidc-provider/${url}`,
});
const oidc = oidcArn('walk.example.com');
const noOidc = oidcArn('none.example.com');
const wrongOidc = { OpenIDConnectProviderArn: `arn:aws:iam::${ACCOUNT}:user/oidc` };
const NO_OIDC = `OpenIDConnect Provider not found for arn ${noOidc.OpenIDConnectProviderArn}`;
const WRONG_OIDC = `ARN ${wrongOidc.OpenIDConnectProviderArn} is not valid.`;
const clients = Array.from({ length: 100 }, (_, n) => `client${n}`);
const CHANGE_CLIENTS = ['AddClientIDToOpenIDConnectProvider', 'RemoveClientIDFromOpenIDConnectProvider'];
const ThumbprintList = ['0'.repeat(40)];

export const oidcSteps: readonly ClientStep[] = [
  step(
    'CreateOpenIDConnectProvider',
    { Url: 'https://walk.example.com', ClientIDList: clients, Tags: [{ Key: 'Team', Value: 'a' }] },
    oidc,
  ),
  refused(
    'CreateOpenIDConnectProvider',
    { Url: 'https://walk.example.com' },
    'EntityAlreadyExists',
    'Provider with url https://walk.example.com already exists.',
  ),
  refused(
    'CreateOpenIDConnectProvider',
    { Url: 'ldap://walk.example.com' },
    'InvalidInput',
    'Invalid Open ID Connect Provider URL',
  ),
  step('CreateOpenIDConnectProvider', { Url: 'https://two.example.com/a' }),
  refused(
    'CreateOpenIDConnectProvider',
    { Url: 'https://three.example.com' },
    'LimitExceeded',
    'Cannot exceed quota for OpenIDConnectProvidersPerAccount: 2',
  ),
  step('GetOpenIDConnectProvider', oidc, { Url: 'walk.example.com', Tags: [{ Key: 'Team', Value: 'a' }] }),
  step(
    'ListOpenIDConnectProviders',
    {},
    {
      OpenIDConnectProviderList: [
        { Arn: `arn:aws:iam::${ACCOUNT}:oidc-provider/two.example.com/a` },
        { Arn: oidc.OpenIDConnectProviderArn },
      ],
    },
  ),
  refused(
    'AddClientIDToOpenIDConnectProvider',
    { ...oidc, ClientID: 'another' },
    'LimitExceeded',
    'Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100',
  ),
  step('RemoveClientIDFromOpenIDConnectProvider', { ...oidc, ClientID: 'client99' }),
  step('AddClientIDToOpenIDConnectProvider', { ...oidc, ClientID: 'another' }),
  ...allRefused(CHANGE_CLIENTS, { ...noOidc, ClientID: 'a' }, 'NoSuchEntity', NO_OIDC),
  ...allRefused(CHANGE_CLIENTS, { ...wrongOidc, ClientID: 'a' }, 'InvalidInput', WRONG_OIDC),
  step('UpdateOpenIDConnectProviderThumbprint', { ...oidc, ThumbprintList }),
  refused(
    'UpdateOpenIDConnectProviderThumbprint',
    { ...oidc, ThumbprintList: ['x'.repeat(40)] },
    'InvalidInput',
    `Thumbprint ${'x'.repeat(40)} is not 40 hexadecimal digits.`,
  ),
  refused('UpdateOpenIDConnectProviderThumbprint', { ...noOidc, ThumbprintList }, 'NoSuchEntity', NO_OIDC),
  refused('GetOpenIDConnectProvider', noOidc, 'NoSuchEntity', NO_OIDC),
  ...allRefused(
    ['GetOpenIDConnectProvider', 'DeleteOpenIDConnectProvider'],
    wrongOidc,
    'InvalidInput',
    WRONG_OIDC,
  ),
  step('UntagOpenIDConnectProvider', { ...oidc, TagKeys: ['team'] }),
  ...tagging(
    { title: 'OpenIDConnectProvider', name: oidc, missing: noOidc, missingText: NO_OIDC },
    wrongOidc,
  ),
  step('DeleteOpenIDConnectProvider', oidc),
  // What is not there is deleted already.
  step('DeleteOpenIDConnectProvider', oidc),
  step('DeleteOpenIDConnectProvider', oidcArn('two.example.com/a')),
];

const web = { ServerCertificateName: 'web' };
const noWeb = { ServerCertificateName: 'none' };
const NO_WEB = 'The Server Certificate with name none cannot be found.';
const BODY = { CertificateBody: '$certificate', PrivateKey: '$privateKey' };
const MALFORMED = 'Unable to parse certificate. Please ensure the certificate is in PEM format.';

export const certificateSteps: readonly ClientStep[] = [
  step(
    'UploadServerCertificate',
    { ...web, ...BODY, Path: '/walk/', CertificateChain: '$other', Tags: [{ Key: 'Team', Value: 'a' }] },
    {
      ServerCertificateMetadata: {
        ...web,
        ServerCertificateId: '~ASCA[A-Z2-7]{17}',
        Arn: `arn:aws:iam::${ACCOUNT}:server-certificate/walk/web`,
      },
      Tags: [{ Key: 'Team', Value: 'a' }],
    },
  ),
  refused(
    'UploadServerCertificate',
    { ServerCertificateName: 'Web', ...BODY },
    'EntityAlreadyExists',
    'The Server Certificate with name Web already exists.',
  ),
  refused(
    'UploadServerCertificate',
    { ...noWeb, ...BODY, CertificateBody: 'x' },
    'MalformedCertificate',
    MALFORMED,
  ),
  refused(
    'UploadServerCertificate',
    { ...noWeb, ...BODY, PrivateKey: '$otherKey' },
    'KeyPairMismatch',
    'The private key does not match the public key in the certificate.',
  ),
  refused('UploadServerCertificate', { ...noWeb, ...BODY, ...DUPLICATE }, 'InvalidInput', DUPLICATE_TEXT),
  step('UploadServerCertificate', { ServerCertificateName: 'two', ...BODY }),
  refused(
    'UploadServerCertificate',
    { ...noWeb, ...BODY },
    'LimitExceeded',
    'Cannot exceed quota for ServerCertificatesPerAccount: 2',
  ),
  step('GetServerCertificate', web, {
    ServerCertificate: {
      ServerCertificateMetadata: web,
      CertificateBody: '$certificate',
      CertificateChain: '$other',
    },
  }),
  ...paged('ListServerCertificates', {}, { ServerCertificateMetadataList: 'ServerCertificateName' }, 2, {
    size: 1,
  }),
  step('UpdateServerCertificate', { ...web, NewPath: '/', NewServerCertificateName: 'WEB' }),
  step('UpdateServerCertificate', { ...web, NewServerCertificateName: 'web' }),
  refused(
    'UpdateServerCertificate',
    { ...web, NewServerCertificateName: 'Two' },
    'EntityAlreadyExists',
    'The Server Certificate with name Two already exists.',
  ),
  ...allRefused(
    ['GetServerCertificate', 'UpdateServerCertificate', 'DeleteServerCertificate'],
    noWeb,
    'NoSuchEntity',
    NO_WEB,
  ),
  step('UntagServerCertificate', { ...web, TagKeys: ['team'] }),
  ...tagging({ title: 'ServerCertificate', name: web, missing: noWeb, missingText: NO_WEB }),
  step('DeleteServerCertificate', web),
  step('DeleteServerCertificate', { ServerCertificateName: 'two' }),
];
