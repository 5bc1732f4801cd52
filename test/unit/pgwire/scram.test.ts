import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { SqlError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { saslPrepared } from '../../../src/pgwire/saslprep.ts';
import { beginScram, type ScramExchange } from '../../../src/pgwire/scram.ts';

// The example of RFC 7677, section 3.
const CLIENT_NONCE = Buffer.from('rOprNGfwEbeRWgbNEkqO', 'base64');
const SERVER_FIRST = 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

const rfcExchange = (): ScramExchange => beginScram(new Secret('pencil'), () => CLIENT_NONCE, 'user');

const stateOf = async (act: () => Promise<unknown> | unknown): Promise<string> => {
  try {
    await act();
  } catch (error) {
    return error instanceof SqlError ? error.sqlState : `untyped error: ${String(error)}`;
  }
  return 'nothing was thrown';
};

describe('SCRAM-SHA-256 as a client', () => {
  it('sends what RFC 7677 shows, and accepts its server', async () => {
    const exchange = rfcExchange();
    expect(exchange.initial.toString()).toBe('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    const answer = await exchange.answer(Buffer.from(SERVER_FIRST));
    expect(answer.toString()).toBe(
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    );
    expect(await stateOf(() => exchange.finish(Buffer.from(SERVER_FINAL)))).toBe('nothing was thrown');
  });

  it.each([
    ['another signature', 'v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=', '08P01'],
    ['a shorter signature', 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl9', '08P01'],
    ['no signature', 'v=', '08P01'],
    ['nothing', '', '08P01'],
    ['a refusal', 'e=invalid-proof', '28P01'],
    ['a very long message', `v=${'A'.repeat(3_000)}`, '08P01'],
  ])('refuses a server whose last message is %s', async (_what, final, sqlState) => {
    const exchange = rfcExchange();
    await exchange.answer(Buffer.from(SERVER_FIRST));
    expect(await stateOf(() => exchange.finish(Buffer.from(final)))).toBe(sqlState);
  });

  it('refuses a server that wants to finish before it was answered', async () => {
    expect(await stateOf(() => rfcExchange().finish(Buffer.from(SERVER_FINAL)))).toBe('08P01');
  });

  it.each([
    ['a nonce that is not ours', 'r=xOprNGfwEbeRWgbNEkqO123,s=W22Z,i=4096'],
    ['a nonce without a part of its own', 'r=rOprNGfwEbeRWgbNEkqO,s=W22Z,i=4096'],
    ['no salt', 'r=rOprNGfwEbeRWgbNEkqO1,s=,i=4096'],
    ['no rounds', 'r=rOprNGfwEbeRWgbNEkqO1,s=W22Z,i=0'],
    ['too many rounds', 'r=rOprNGfwEbeRWgbNEkqO1,s=W22Z,i=1000001'],
    ['a number of rounds beyond numbers', `r=rOprNGfwEbeRWgbNEkqO1,s=W22Z,i=${'9'.repeat(400)}`],
    ['an extension that must be understood', 'm=x,r=rOprNGfwEbeRWgbNEkqO1,s=W22Z,i=4096'],
    ['a very long message', `r=rOprNGfwEbeRWgbNEkqO${'1'.repeat(3_000)},s=W22Z,i=4096`],
    ['nothing', ''],
  ])('refuses a server whose first message has %s', async (_what, first) => {
    expect(await stateOf(() => rfcExchange().answer(Buffer.from(first)))).toBe('08P01');
  });

  it('proves any password to a server that follows the RFC, and only the right one', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.boolean(), async (password, right) => {
        const exchange = beginScram(new Secret(right ? password : `${password}x`), (count) =>
          Buffer.alloc(count, 7),
        );
        const server = plainServer(saslPrepared(password), exchange.initial.toString());
        const verdict = server.verify((await exchange.answer(server.first)).toString());
        expect(verdict.proven).toBe(right);
        expect(await stateOf(() => exchange.finish(verdict.final))).toBe(
          right ? 'nothing was thrown' : '08P01',
        );
      }),
      { numRuns: 40 },
    );
  });
});

/** A SCRAM server of RFC 5802, written for clearness. */
function plainServer(password: Buffer, initial: string) {
  const salt = Buffer.from('salt of the server');
  const clientFirst = initial.slice('n,,'.length);
  const nonce = `${clientFirst.slice(clientFirst.indexOf('r=') + 2)}server`;
  const first = `r=${nonce},s=${salt.toString('base64')},i=10`;
  const salted = pbkdf2Sync(password, salt, 10, 32, 'sha256');
  const mac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
  const storedKey = createHash('sha256').update(mac(salted, 'Client Key')).digest();
  return {
    first: Buffer.from(first),
    verify(answer: string) {
      const [withoutProof = '', proof = ''] = answer.split(',p=');
      const authMessage = `${clientFirst},${first},${withoutProof}`;
      const signature = mac(storedKey, authMessage);
      const clientKey = Buffer.from(proof, 'base64').map((byte, i) => byte ^ (signature[i] ?? 0));
      return {
        proven: createHash('sha256').update(clientKey).digest().equals(storedKey),
        final: Buffer.from(`v=${mac(mac(salted, 'Server Key'), authMessage).toString('base64')}`),
      };
    },
  };
}

describe('SASLprep', () => {
  it.each([
    ['plain text stays', 'pencil', 'pencil'],
    ['ASCII control characters stay', 'a\u0007b', 'a\u0007b'],
    ['a soft hyphen vanishes', 'I\u00adX', 'IX'],
    ['case stays', 'USERé', 'USERé'],
    ['compatibility forms become their plain ones', '\u00aa', 'a'],
    ['a Roman numeral becomes letters', '\u2168', 'IX'],
    ['a non-breaking space becomes a space', 'a\u00a0b', 'a b'],
    ['what is prohibited makes the password stay as it is', '\u2168\u0007', '\u2168\u0007'],
    ['what would be empty stays as it is', '\u00ad', '\u00ad'],
  ])('%s', (_what, password, prepared) => {
    expect(saslPrepared(password).toString()).toBe(prepared);
  });
});
