import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { OperatorError } from '../../../src/core/errors.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import {
  existingDataDirectory,
  openDataDirectory,
  openMasterKeyFile,
  parseMasterKey,
  writePrivateFile,
  writePublicFile,
} from '../../../src/data-directory.ts';
import { removeFolders, temporaryFolder } from './temporary.ts';

afterEach(removeFolders);

const mode = (path: string): number => statSync(path).mode & 0o777;
const newFolder = (): string => join(temporaryFolder(), 'data');

/** What lies in a folder, whole. */
function contents(folder: string): unknown {
  const { mode: folderMode, mtimeMs } = statSync(folder);
  const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]);
  return { folderMode, mtimeMs, files };
}

describe('the data folder', () => {
  test('is made with everything above it, marked as ours, and can be passed through but not listed by others', () => {
    const root = join(newFolder(), 'deep', 'er');
    expect(openDataDirectory(root)).toEqual({
      root,
      store: join(root, 'store'),
      clusters: join(root, 'clusters'),
      logs: join(root, 'logs'),
      envFile: join(root, 'env.sh'),
      readyFile: join(root, 'ready.json'),
    });
    expect(readdirSync(root)).toEqual(['KEYSHIFT']);
    expect(mode(root)).toBe(0o711);
  });

  test('may be an empty one that is there, whose mode is then set', () => {
    const root = newFolder();
    mkdirSync(root, { mode: 0o777 });
    chmodSync(root, 0o777);
    openDataDirectory(root);
    expect(mode(root)).toBe(0o711);
  });

  test('is opened again, whatever has been put into it since', () => {
    const root = newFolder();
    openDataDirectory(root);
    writeFileSync(join(root, 'env.sh'), 'x');
    const before = contents(root);
    expect(openDataDirectory(root).root).toBe(root);
    expect(existingDataDirectory(root).root).toBe(root);
    expect(contents(root)).toEqual(before);
  });

  test('is not one that holds somebody else’s files, and nothing of it is changed', () => {
    const root = newFolder();
    mkdirSync(root);
    writeFileSync(join(root, 'thesis.txt'), 'ten years of work');
    const before = contents(root);
    expect(() => openDataDirectory(root)).toThrow(OperatorError);
    expect(() => openDataDirectory(root)).toThrow('holds files that are not Keyshift');
    expect(contents(root)).toEqual(before);
  });

  test('is not one that holds only a hidden file', () => {
    const root = newFolder();
    mkdirSync(root);
    writeFileSync(join(root, '.git'), 'x');
    expect(() => openDataDirectory(root)).toThrow('holds files that are not Keyshift');
    expect(readdirSync(root)).toEqual(['.git']);
  });

  test('is not one of another version, and nothing of it is changed', () => {
    const root = newFolder();
    mkdirSync(root);
    writeFileSync(join(root, 'KEYSHIFT'), 'keyshift data directory, format 2\n');
    const before = contents(root);
    expect(() => openDataDirectory(root)).toThrow('made by another version');
    expect(() => existingDataDirectory(root)).toThrow('made by another version');
    expect(contents(root)).toEqual(before);
  });

  test('is not a file, nor below one', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'x');
    for (const path of [file, join(file, 'data')]) {
      expect(() => openDataDirectory(path)).toThrow(OperatorError);
      expect(() => openDataDirectory(path)).toThrow('KEYSHIFT_DATA_DIR');
    }
    expect(readFileSync(file, 'utf8')).toBe('x');
  });

  test('must be there already for commands that speak to a running Keyshift, which make nothing', () => {
    const root = newFolder();
    expect(() => existingDataDirectory(root)).toThrow('is not a Keyshift data directory');
    expect(existsSync(root)).toBe(false);
    mkdirSync(root);
    expect(() => existingDataDirectory(root)).toThrow(OperatorError);
    expect(readdirSync(root)).toEqual([]);
  });
});

describe('the master key file', () => {
  const open = (root: string, isStoreNew: boolean) =>
    openMasterKeyFile(openDataDirectory(root), isStoreNew, systemRandom);

  test('is made for a new store, private, and read from then on', () => {
    const root = newFolder();
    const key = open(root, true);
    expect(key).toHaveLength(32);
    expect(mode(join(root, 'master.key'))).toBe(0o600);
    expect(open(root, false)).toEqual(key);
    expect(open(root, true)).toEqual(key);
    expect(open(newFolder(), true)).not.toEqual(key);
  });

  test('is not made for a store that has secrets under another', () => {
    const root = newFolder();
    expect(() => open(root, false)).toThrow(OperatorError);
    expect(() => open(root, false)).toThrow('is missing');
    expect(existsSync(join(root, 'master.key'))).toBe(false);
  });

  test.each(['640', '604', '644', '660', '610', '601'])('is refused with mode %s', (octal) => {
    const fileMode = Number.parseInt(octal, 8);
    const root = newFolder();
    open(root, true);
    chmodSync(join(root, 'master.key'), fileMode);
    expect(() => open(root, false)).toThrow('others may read');
    expect(mode(join(root, 'master.key'))).toBe(fileMode);
  });

  test.each(['600', '400'])('is taken with mode %s', (octal) => {
    const root = newFolder();
    open(root, true);
    chmodSync(join(root, 'master.key'), Number.parseInt(octal, 8));
    expect(open(root, false)).toHaveLength(32);
  });

  test.each(['', 'short', 'ab'.repeat(31), 'ab'.repeat(33), 'x'.repeat(44)])(
    'is refused when it holds %j, which is not repeated',
    (text) => {
      const root = newFolder();
      open(root, true);
      writeFileSync(join(root, 'master.key'), text);
      expect(() => open(root, false)).toThrow(OperatorError);
      expect(() => open(root, false)).toThrow(
        `${join(root, 'master.key')} must hold 32 bytes, as 64 hexadecimal digits or in base64`,
      );
    },
  );
});

describe('a master key', () => {
  const KEY = Buffer.from(Array.from({ length: 32 }, (_, at) => 255 - at));

  test.each([
    ['hexadecimal digits', KEY.toString('hex')],
    ['upper-case digits', KEY.toString('hex').toUpperCase()],
    ['base64', KEY.toString('base64')],
  ])('may be given in %s', (_form, text) => {
    expect(parseMasterKey(text, 'KEYSHIFT_MASTER_KEY')).toEqual(KEY);
  });

  test.each([31, 33])('may not have %d bytes', (bytes) => {
    for (const form of ['hex', 'base64'] as const) {
      const text = Buffer.alloc(bytes, 0x5a).toString(form);
      expect(() => parseMasterKey(text, 'KEYSHIFT_MASTER_KEY')).toThrow(
        'KEYSHIFT_MASTER_KEY must hold 32 bytes',
      );
    }
  });
});

describe('files', () => {
  test.each([
    ['private', writePrivateFile, 0o600],
    ['public', writePublicFile, 0o644],
  ])(
    'are written whole, %s, over what was there and over a draft that was left',
    (_kind, write, fileMode) => {
      const folder = temporaryFolder();
      const file = join(folder, 'file');
      writeFileSync(file, 'a longer text from before');
      writeFileSync(`${file}.new`, 'a draft');
      chmodSync(`${file}.new`, 0o666);
      write(file, 'new');
      expect(readFileSync(file, 'utf8')).toBe('new');
      expect(mode(file)).toBe(fileMode);
      expect(readdirSync(folder)).toEqual(['file']);
    },
  );

  test('have their mode whatever the umask is', () => {
    const folder = temporaryFolder();
    for (const umask of [0o000, 0o077]) {
      const before = process.umask(umask);
      try {
        writePublicFile(join(folder, 'public'), 'x');
        writePrivateFile(join(folder, 'private'), 'x');
      } finally {
        process.umask(before);
      }
      expect([mode(join(folder, 'public')), mode(join(folder, 'private'))]).toEqual([0o644, 0o600]);
    }
  });

  test('are not written through a link that lies where the draft goes', () => {
    const folder = temporaryFolder();
    const [file, other] = [join(folder, 'file'), join(folder, 'other')];
    writeFileSync(other, 'untouched');
    symlinkSync(other, `${file}.new`);
    writePrivateFile(file, 'secret');
    expect(readFileSync(other, 'utf8')).toBe('untouched');
    expect(readFileSync(file, 'utf8')).toBe('secret');
  });
});
