import { expect, test } from 'vitest';
import { mendedBy } from '../../../src/postgres/known-holes.ts';

test.each([
  ['16.5', '16.16', 'CVE-2024-10978: SET ROLE could restore a wrong user'],
  ['17.0', '17.12', 'CVE-2024-10978'],
  ['16.13', '16.16', 'CVE-2026-6473: users with few rights write out of bounds'],
  ['18.3', '18.7', 'CVE-2026-6473'],
  ['17.10 (Debian 17.10-1.pgdg13+1)', '17.12', 'CVE-2026-14680 and CVE-2026-16239: type confusion'],
  ['16.15', '16.16', 'CVE-2026-6460: type confusion after ALTER'],
  ['17.11', '17.12', 'CVE-2026-6460'],
  ['18.6 (Ubuntu 18.6-1)', '18.7', 'CVE-2026-6460'],
])('PostgreSQL %s is to be upgraded to %s (%s)', (version, mended) => {
  expect(mendedBy(version)).toBe(mended);
});

test.each([
  '16.16',
  '17.12',
  '17.13 (Debian 17.13-1)',
  '18.7',
  '18.10',
  '19.0',
  '19rc2',
  '20devel',
  '',
  'x.y',
])('nothing is known against PostgreSQL "%s"', (version) => expect(mendedBy(version)).toBeUndefined());
