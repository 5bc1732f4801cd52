import { expect, test } from 'vitest';
import { settingValue } from '../../../src/postgres/session-settings.ts';

test.each([
  ['work_mem', '64MB', `'64MB'`],
  ['DateStyle', 'ISO, DMY', `'ISO, DMY'`],
  ['application_name', `it's; DROP ROLE x`, `'it''s; DROP ROLE x'`],
  ['tenant.path', 'a\\b', ` E'a\\\\b'`],
])('one text stays one: %s=%s', (name, value, written) => {
  expect(settingValue(name, value)).toBe(written);
});

test.each([
  ['search_path', 'a', `'a'`],
  ['search_path', '"$user", public', `'$user', 'public'`],
  ['search_path', '"My ""own"" schema" , b', `'My "own" schema', 'b'`],
  ['search_path', 'Plain,"Quoted, with comma"', `'plain', 'Quoted, with comma'`],
  ['search_path', '""', `''`],
  ['search_path', '', `''`],
  ['search_path', 'a, ""', `'a', ''`],
  ['temp_tablespaces', 'one, two', `'one', 'two'`],
  // What came in by set_config and SET FROM CURRENT may hold anything that is no comma and no space.
  ['search_path', `x;drop/**/role/**/y`, `'x;drop/**/role/**/y'`],
  ['search_path', `x'--`, `'x''--'`],
])('a list of names is written name by name: %s=%s', (name, value, written) => {
  expect(settingValue(name, value)).toBe(written);
});
