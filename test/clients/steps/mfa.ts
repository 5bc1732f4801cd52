import { tagging } from './entities.ts';
import { ACCOUNT, allRefused, type ClientStep, paged, refused, step } from './step.ts';

/** Virtual MFA devices. A user may have 8, the account as many as users: 10. */

const serial = (name: string) => `arn:aws:iam::${ACCOUNT}:mfa/${name}`;
const ann = { UserName: 'ann' };
const eve = { UserName: 'eve' };
const nobody = { UserName: 'nobody' };
const first = { SerialNumber: serial('walk/device1') };
const none = { SerialNumber: serial('none') };
const NO_USER = 'The user with name nobody cannot be found.';
const NO_DEVICE = `VirtualMFADevice with serial number ${none.SerialNumber} doesn't exist.`;
const others = [2, 3, 4, 5, 6, 7, 8, 9];
const codes = (seed: string, start: number) => ({
  AuthenticationCode1: `$code:${seed}:${start}`,
  AuthenticationCode2: `$code:${seed}:${start + 1}`,
});
/** Wrong whatever the seed is: not of two steps in a row. */
const SAME = { AuthenticationCode1: '$code:seed1:-9', AuthenticationCode2: '$code:seed1:-5' };
const KEEP = 'VirtualMFADevice.Base32StringSeed';

export const mfaSteps: readonly ClientStep[] = [
  step('CreateUser', ann),
  step('CreateUser', eve),
  step(
    'CreateVirtualMFADevice',
    { VirtualMFADeviceName: 'device1', Path: '/walk/', Tags: [{ Key: 'Team', Value: 'a' }] },
    { VirtualMFADevice: first },
    { keep: { seed1: KEEP } },
  ),
  ...others.map((n) =>
    step(
      'CreateVirtualMFADevice',
      { VirtualMFADeviceName: `device${n}` },
      {},
      { keep: { [`seed${n}`]: KEEP } },
    ),
  ),
  step('CreateVirtualMFADevice', { VirtualMFADeviceName: 'device10' }),
  refused(
    'CreateVirtualMFADevice',
    { VirtualMFADeviceName: 'device11' },
    'LimitExceeded',
    'Cannot exceed quota for VirtualMFADevicesPerAccount: 10',
  ),
  refused(
    'CreateVirtualMFADevice',
    { VirtualMFADeviceName: 'Device1', Path: '/walk/' },
    'EntityAlreadyExists',
    'MFADevice entity at the same path and name already exists.',
  ),
  refused(
    'CreateVirtualMFADevice',
    {
      VirtualMFADeviceName: 'x',
      Tags: [1, 2].map((number) => ({ Key: 'k', Value: String(number) })),
    },
    'InvalidInput',
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ),
  refused(
    'EnableMFADevice',
    { ...ann, ...first, ...SAME },
    'InvalidAuthenticationCode',
    'Authentication code for device is not valid.',
  ),
  refused('EnableMFADevice', { ...nobody, ...first, ...codes('seed1', -2) }, 'NoSuchEntity', NO_USER),
  refused('EnableMFADevice', { ...ann, ...none, ...codes('seed1', -2) }, 'NoSuchEntity', NO_DEVICE),
  step('EnableMFADevice', { ...ann, ...first, ...codes('seed1', -9) }),
  refused(
    'EnableMFADevice',
    { ...eve, ...first, ...codes('seed1', -7) },
    'EntityAlreadyExists',
    'MFA Device is already in use.',
  ),
  step('ResyncMFADevice', { ...ann, ...first, ...codes('seed1', -5) }),
  refused(
    'ResyncMFADevice',
    { ...ann, ...first, ...SAME },
    'InvalidAuthenticationCode',
    'Authentication code for device is not valid.',
  ),
  refused('ResyncMFADevice', { ...ann, ...none, ...codes('seed1', -3) }, 'NoSuchEntity', NO_DEVICE),
  ...others
    .slice(0, 7)
    .map((n) =>
      step('EnableMFADevice', { ...ann, SerialNumber: serial(`device${n}`), ...codes(`seed${n}`, -9) }),
    ),
  refused(
    'EnableMFADevice',
    { ...ann, SerialNumber: serial('device9'), ...codes('seed9', -9) },
    'LimitExceeded',
    'Cannot exceed quota for MFADevicesPerUser: 8',
  ),
  step('GetMFADevice', { ...ann, ...first }, { ...ann, ...first }),
  refused('GetMFADevice', { ...ann, ...none }, 'NoSuchEntity', NO_DEVICE),
  ...paged('ListMFADevices', ann, { MFADevices: 'SerialNumber' }, 8, { size: 3 }),
  refused('ListMFADevices', nobody, 'NoSuchEntity', NO_USER),
  ...paged('ListVirtualMFADevices', {}, { VirtualMFADevices: 'SerialNumber' }, 10, { size: 4 }),
  step(
    'ListVirtualMFADevices',
    { AssignmentStatus: 'Unassigned' },
    { VirtualMFADevices: [{ SerialNumber: serial('device10') }, { SerialNumber: serial('device9') }] },
  ),
  step('UntagMFADevice', { ...first, TagKeys: ['team'] }),
  ...tagging({ title: 'MFADevice', name: first, missing: none, missingText: NO_DEVICE }),
  refused(
    'DeleteVirtualMFADevice',
    first,
    'DeleteConflict',
    'MFA VirtualDevice in use. Must deactivate first.',
  ),
  refused('DeleteVirtualMFADevice', none, 'NoSuchEntity', NO_DEVICE),
  refused('DeactivateMFADevice', { ...ann, ...none }, 'NoSuchEntity', NO_DEVICE),
  refused('DeactivateMFADevice', { ...eve, ...first }, 'NoSuchEntity', 'MFA Device invalid for user.'),
  ...allRefused(['DeactivateMFADevice', 'GetMFADevice'], { ...nobody, ...first }, 'NoSuchEntity', NO_USER),
  refused('DeleteUser', ann, 'DeleteConflict', 'Cannot delete entity, must delete MFA device first.'),
  ...[first, ...others.slice(0, 7).map((n) => ({ SerialNumber: serial(`device${n}`) }))].flatMap((device) => [
    step('DeactivateMFADevice', { ...ann, ...device }),
    step('DeleteVirtualMFADevice', device),
  ]),
  ...[9, 10].map((n) => step('DeleteVirtualMFADevice', { SerialNumber: serial(`device${n}`) })),
  step('ListMFADevices', {}, { MFADevices: [], IsTruncated: false }),
  refused('ListMFADevices', { Marker: '$foreignMarker' }, 'ValidationError', 'Invalid Marker.'),
  step('DeleteUser', ann),
  step('DeleteUser', eve),
];
