import { beforeAll, describe, expect, test } from 'vitest';
import { parseSamlMetadata } from '../../../src/iam/saml-metadata.ts';
import { samlMetadata, selfSigned } from './self-signed.ts';

let metadata: string;
beforeAll(async () => {
  metadata = samlMetadata((await selfSigned('idp.example.com')).certificate);
});

test('metadata say who the provider is, with which keys it signs, and until when', () => {
  const parsed = parseSamlMetadata(metadata);
  expect(parsed).toMatchObject({ entityId: 'https://idp.example.com/saml', validUntil: undefined });
  expect(parsed.certificates).toHaveLength(1);
  const until = metadata.replace('entityID', 'validUntil="2036-01-02T03:04:05Z" entityID');
  expect(parseSamlMetadata(until).validUntil).toEqual(new Date('2036-01-02T03:04:05Z'));
});

test('a key without a use signs too', () => {
  expect(parseSamlMetadata(metadata.replace(' use="signing"', '')).certificates).toHaveLength(1);
});

describe('metadata are refused', () => {
  test.each<[string, (text: string) => string, string]>([
    ['that are short', () => '<a/>', 'characters'],
    ['that are no XML', (text) => text.slice(1), 'Could not parse metadata'],
    [
      'with a document type',
      (text) => text.replace('<!-- made for a test -->', '<!DOCTYPE a>'),
      'document type',
    ],
    ['of something else', (text) => text.replaceAll('EntityDescriptor', 'Other'), 'not an EntityDescriptor'],
    [
      'of another namespace',
      (text) => text.replace('2.0:metadata', '1.1:metadata'),
      'not an EntityDescriptor',
    ],
    ['without an entityID', (text) => text.replace('entityID', 'other'), 'entityID'],
    ['of a service provider', (text) => text.replaceAll('IDPSSO', 'SPSSO'), 'no IDPSSODescriptor'],
    [
      'of another protocol',
      (text) => text.replace('SAML:2.0:protocol', 'SAML:1.1:protocol'),
      'no IDPSSODescriptor',
    ],
    [
      'without a sign-on service',
      (text) => text.replace('SingleSignOnService', 'Other'),
      'SingleSignOnService',
    ],
    ['with a key for encryption only', (text) => text.replace('"signing"', '"encryption"'), 'no certificate'],
    [
      'with a broken certificate',
      (text) => text.replace(/Certificate>MII[A-Za-z0-9]{9}/, 'Certificate>'),
      'cannot be read',
    ],
    ['with a wrong end', (text) => text.replace('entityID', 'validUntil="soon" entityID'), 'validUntil'],
  ])('%s', (_title, change, reason) => {
    const refusal = expect.objectContaining({
      code: 'InvalidInput',
      status: 400,
      message: expect.stringContaining(reason),
    });
    expect(() => parseSamlMetadata(change(metadata))).toThrow(refusal);
  });
});
