import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/core/secret.ts';
import type { Iam } from '../../src/iam/iam.ts';
import {
  addOidcClientId,
  createOidcProvider,
  deleteOidcProvider,
  listOidcProviders,
  removeOidcClientId,
  requireOidcProvider,
  setOidcThumbprints,
} from '../../src/iam/oidc-providers.ts';
import {
  createSamlProvider,
  deleteSamlProvider,
  keysOfSamlProvider,
  listSamlProviders,
  requireSamlProvider,
  updateSamlProvider,
} from '../../src/iam/saml-providers.ts';
import { listTags, tagsOf } from '../../src/iam/tags.ts';
import { type SelfSigned, samlMetadata, selfSigned } from '../unit/iam/self-signed.ts';
import { type IamStore, startIamStore } from './iam-store.ts';

/** The identity providers that an account trusts, as they are kept. */

let held: IamStore;
let iam: Iam;
let account: string;
let signed: SelfSigned;
let metadata: string;

beforeAll(async () => {
  held = await startIamStore();
  iam = held.iam;
  signed = await selfSigned('idp.example.com');
  metadata = samlMetadata(signed.certificate);
});
afterAll(() => held.stop());
beforeEach(async () => {
  account = await held.newAccount();
});

describe('a SAML provider', () => {
  const arnOf = (name: string) => `arn:aws:iam::${account}:saml-provider/${name}`;

  test('is found by its ARN until it is deleted, in its account only', async () => {
    const arn = await createSamlProvider(iam, account, {
      name: 'Corp',
      metadata,
      tags: [{ key: 'a', value: 'b' }],
    });
    expect(arn).toBe(arnOf('Corp'));
    const provider = await requireSamlProvider(iam.store, account, arn);
    expect(provider).toMatchObject({ metadata, encryptionMode: undefined });
    expect(provider.validUntil.getUTCFullYear()).toBe(provider.createdAt.getUTCFullYear() + 100);
    expect(await tagsOf(iam.store, account, provider.id)).toEqual([{ key: 'a', value: 'b' }]);
    expect((await listSamlProviders(iam, account)).map((one) => one.arn)).toEqual([arn]);
    const other = await held.newAccount();
    const missing = { code: 'NoSuchEntity', status: 404 };
    await expect(requireSamlProvider(iam.store, other, arn)).rejects.toMatchObject(missing);
    await expect(deleteSamlProvider(iam, other, arn)).rejects.toMatchObject(missing);
    await deleteSamlProvider(iam, account, arn);
    await expect(requireSamlProvider(iam.store, account, arn)).rejects.toMatchObject(missing);
    expect(await tagsOf(iam.store, account, provider.id)).toEqual([]);
  });

  test('has a name of its own in any case, and a right document', async () => {
    await createSamlProvider(iam, account, { name: 'Corp', metadata });
    await expect(createSamlProvider(iam, account, { name: 'CORP', metadata })).rejects.toMatchObject({
      code: 'EntityAlreadyExists',
    });
    await expect(
      createSamlProvider(iam, account, { name: 'Other', metadata: 'x'.repeat(1000) }),
    ).rejects.toMatchObject({ code: 'InvalidInput' });
    await expect(
      updateSamlProvider(iam, account, arnOf('Corp'), { metadata: 'x'.repeat(1000) }),
    ).rejects.toMatchObject({ code: 'InvalidInput' });
    await expect(requireSamlProvider(iam.store, account, 'arn:aws:iam::1:user/x')).rejects.toMatchObject({
      code: 'InvalidInput',
    });
  });

  test('takes new metadata, and the time until which they are valid', async () => {
    const arn = await createSamlProvider(iam, account, { name: 'Corp', metadata });
    const next = samlMetadata(signed.certificate, ' validUntil="2036-01-02T03:04:05Z"');
    await updateSamlProvider(iam, account, arn, { metadata: next });
    expect(await requireSamlProvider(iam.store, account, arn)).toMatchObject({
      metadata: next,
      validUntil: new Date('2036-01-02T03:04:05Z'),
    });
  });

  test('has at most two private keys, one at least where encryption is required', async () => {
    const required = { name: 'Corp', metadata, encryptionMode: 'Required' } as const;
    const key = new Secret(signed.privateKey);
    await expect(createSamlProvider(iam, account, required)).rejects.toMatchObject({ code: 'InvalidInput' });
    await expect(
      createSamlProvider(iam, account, { ...required, privateKey: new Secret('no key') }),
    ).rejects.toMatchObject({ code: 'InvalidInput' });
    const arn = await createSamlProvider(iam, account, { ...required, privateKey: key });
    const { id } = await requireSamlProvider(iam.store, account, arn);
    const [first] = await keysOfSamlProvider(iam.store, account, id);
    const removeKeyId = first?.keyId ?? '';
    await expect(updateSamlProvider(iam, account, arn, { removeKeyId })).rejects.toMatchObject({
      code: 'InvalidInput',
    });
    await updateSamlProvider(iam, account, arn, { addKey: key });
    await expect(updateSamlProvider(iam, account, arn, { addKey: key })).rejects.toMatchObject({
      code: 'LimitExceeded',
    });
    // Replacing one is no third.
    await updateSamlProvider(iam, account, arn, { addKey: key, removeKeyId });
    const keys = await keysOfSamlProvider(iam.store, account, id);
    expect(keys).toHaveLength(2);
    expect(keys.map(({ keyId }) => keyId)).not.toContain(removeKeyId);
    await expect(updateSamlProvider(iam, account, arn, { removeKeyId })).rejects.toMatchObject({
      code: 'NoSuchEntity',
    });
  });
});

describe('an OpenID Connect provider', () => {
  const THUMBPRINT = 'ab'.repeat(20);

  test('is named by its URL without the scheme', async () => {
    const arn = await createOidcProvider(iam, account, {
      url: 'https://Idp.example.com/a/b',
      clientIds: ['one', 'two', 'one'],
      thumbprints: [THUMBPRINT],
      tags: [{ key: 'a', value: 'b' }],
    });
    expect(arn).toBe(`arn:aws:iam::${account}:oidc-provider/Idp.example.com/a/b`);
    const provider = await requireOidcProvider(iam.store, account, arn);
    expect(provider).toMatchObject({ clientIds: ['one', 'two'], thumbprints: [THUMBPRINT] });
    const tags = await listTags(iam, account, async () => provider, {});
    expect(tags.items).toEqual([{ key: 'a', value: 'b' }]);
    await expect(
      createOidcProvider(iam, account, { url: 'https://idp.example.com/a/b' }),
    ).rejects.toMatchObject({ code: 'EntityAlreadyExists', status: 409 });
    expect((await listOidcProviders(iam, account)).map((one) => one.url)).toEqual(['Idp.example.com/a/b']);
    await deleteOidcProvider(iam, account, arn);
    // Once more is no error, says the API reference.
    await deleteOidcProvider(iam, account, arn);
    await expect(requireOidcProvider(iam.store, account, arn)).rejects.toMatchObject({
      code: 'NoSuchEntity',
    });
  });

  test.each([
    'http://idp.example.com',
    'https://',
    'https://idp.example.com:8443',
    'https://idp.example.com?a=b',
    'https://idp.example.com/#a',
    'https://user@idp.example.com',
    'https://idp.example.com/ a',
    `https://${'a'.repeat(250)}`,
  ])('does not have the URL %s', async (url) => {
    await expect(createOidcProvider(iam, account, { url })).rejects.toMatchObject({
      code: 'InvalidInput',
      status: 400,
    });
  });

  test('gains and loses client ids, 100 of them, and has its thumbprints replaced, five of them', async () => {
    const arn = await createOidcProvider(iam, account, { url: 'https://idp.example.com' });
    const show = async () => {
      const { clientIds, thumbprints } = await requireOidcProvider(iam.store, account, arn);
      return { clientIds, thumbprints };
    };
    await addOidcClientId(iam, account, arn, 'one');
    await addOidcClientId(iam, account, arn, 'one');
    await addOidcClientId(iam, account, arn, 'two');
    await removeOidcClientId(iam, account, arn, 'one');
    await removeOidcClientId(iam, account, arn, 'one');
    await setOidcThumbprints(iam, account, arn, [THUMBPRINT]);
    expect(await show()).toEqual({ clientIds: ['two'], thumbprints: [THUMBPRINT] });
    for (let number = 1; number < 100; number++) await addOidcClientId(iam, account, arn, `client ${number}`);
    await expect(addOidcClientId(iam, account, arn, 'one more')).rejects.toMatchObject({
      code: 'LimitExceeded',
    });
    const five = Array.from({ length: 5 }, (_, index) => `${index}`.repeat(40));
    await setOidcThumbprints(iam, account, arn, five);
    for (const wrong of [[...five, THUMBPRINT], ['xy'.repeat(20)], ['ab']]) {
      await expect(setOidcThumbprints(iam, account, arn, wrong)).rejects.toMatchObject({
        code: 'InvalidInput',
      });
    }
    expect((await show()).thumbprints).toEqual(five);
  });
});
