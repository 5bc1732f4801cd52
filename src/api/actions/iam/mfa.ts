import { mfaArn } from '../../../core/arn.ts';
import { findAccountAlias } from '../../../iam/account-aliases.ts';
import {
  createMfaDevice,
  deactivateMfaDevice,
  deleteMfaDevice,
  enableMfaDevice,
  getMfaDevice,
  listMfaDevices,
  listVirtualMfaDevices,
  type MfaDevice,
  resyncMfaDevice,
} from '../../../iam/mfa-devices.ts';
import { squaresPng } from '../../../iam/png.ts';
import { qrCode } from '../../../iam/qr-code.ts';
import type { VirtualMFADevice } from '../../services/iam.generated.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput, pageOfNone, tagShapes, tagsOfInput } from './shapes.ts';
import { creating, onList, onMfaDevice, onUser, onUserOrRoot, userNameOr, userOrRoot } from './targets.ts';

/** Virtual MFA devices and the users they are enabled for. */

const CreateVirtualMFADevice = changing<'CreateVirtualMFADevice'>(
  (_iam, input, caller) => {
    const resource = mfaArn(caller.principal.accountId, input.Path ?? '/', input.VirtualMFADeviceName);
    return creating('iam:CreateVirtualMFADevice', 'iam:TagMFADevice', resource, input.Tags);
  },
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const { serial, seed } = await createMfaDevice(iam, accountId, {
      deviceName: input.VirtualMFADeviceName,
      path: input.Path,
      tags: tagsOfInput(input.Tags),
    });
    const issuer = (await findAccountAlias(iam, accountId)) ?? accountId;
    const label = encodeURIComponent(`${input.VirtualMFADeviceName}@${issuer}`);
    const address = `otpauth://totp/${label}?secret=${seed.reveal()}`;
    return {
      VirtualMFADevice: {
        SerialNumber: serial,
        Base32StringSeed: Buffer.from(seed.reveal()),
        QRCodePNG: squaresPng(qrCode(address)),
        Tags: tagShapes(tagsOfInput(input.Tags)),
      },
    };
  },
);

const DeleteVirtualMFADevice = changing<'DeleteVirtualMFADevice'>(
  (iam, input, caller) => onMfaDevice(iam, caller, 'iam:DeleteVirtualMFADevice', input.SerialNumber),
  (iam, input, caller) => deleteMfaDevice(iam, caller.principal.accountId, input.SerialNumber),
);

const EnableMFADevice = changing<'EnableMFADevice'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:EnableMFADevice', input.UserName),
  (iam, input, caller) =>
    enableMfaDevice(iam, caller.principal.accountId, input.UserName, input.SerialNumber, [
      input.AuthenticationCode1,
      input.AuthenticationCode2,
    ]),
);

const ResyncMFADevice = changing<'ResyncMFADevice'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:ResyncMFADevice', input.UserName),
  (iam, input, caller) =>
    resyncMfaDevice(iam, caller.principal.accountId, input.UserName, input.SerialNumber, [
      input.AuthenticationCode1,
      input.AuthenticationCode2,
    ]),
);

const DeactivateMFADevice = changing<'DeactivateMFADevice'>(
  (iam, input, caller) => onUser(iam, caller, 'iam:DeactivateMFADevice', userNameOr(caller, input.UserName)),
  (iam, input, caller) =>
    deactivateMfaDevice(
      iam,
      caller.principal.accountId,
      userNameOr(caller, input.UserName),
      input.SerialNumber,
    ),
);

const ListMFADevices = reading<'ListMFADevices'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:ListMFADevices', input.UserName),
  async (iam, input, caller) => {
    const wanted = userOrRoot(caller, input.UserName);
    if (wanted === 'root') {
      return { MFADevices: [], ...pageMembers(await pageOfNone('ListMFADevices', input)) };
    }
    const { accountId } = caller.principal;
    const page = await listMfaDevices(iam, accountId, wanted.userName, pageOfInput('ListMFADevices', input));
    return {
      MFADevices: page.items.map(({ serial, user, enabledAt }) => ({
        UserName: user?.name ?? wanted.userName,
        SerialNumber: serial,
        EnableDate: enabledAt ?? iam.clock.now(),
      })),
      ...pageMembers(page),
    };
  },
);

const ListVirtualMFADevices = reading<'ListVirtualMFADevices'>(
  (_iam, _input, caller) => onList(caller, 'iam:ListVirtualMFADevices', 'mfa'),
  async (iam, input, caller) => {
    const status = input.AssignmentStatus ?? 'Any';
    const isAssigned = status === 'Any' ? undefined : status === 'Assigned';
    const page = await listVirtualMfaDevices(
      iam,
      caller.principal.accountId,
      isAssigned,
      pageOfInput('ListVirtualMFADevices', input),
    );
    return { VirtualMFADevices: page.items.map(deviceShape), ...pageMembers(page) };
  },
);

const GetMFADevice = reading<'GetMFADevice'>(
  (iam, input, caller) => onUserOrRoot(iam, caller, 'iam:GetMFADevice', input.UserName),
  async (iam, input, caller) => {
    const wanted = userOrRoot(caller, input.UserName);
    const userName = wanted === 'root' ? undefined : wanted.userName;
    const device = await getMfaDevice(iam, caller.principal.accountId, input.SerialNumber, userName);
    return { UserName: device.user?.name, SerialNumber: device.serial, EnableDate: device.enabledAt };
  },
);

export const mfaActions = {
  CreateVirtualMFADevice,
  DeleteVirtualMFADevice,
  EnableMFADevice,
  ResyncMFADevice,
  DeactivateMFADevice,
  ListMFADevices,
  ListVirtualMFADevices,
  GetMFADevice,
};

function deviceShape({ serial, user, enabledAt }: MfaDevice): VirtualMFADevice {
  return {
    SerialNumber: serial,
    EnableDate: enabledAt,
    User:
      user === undefined
        ? undefined
        : {
            Path: user.path,
            UserName: user.name,
            UserId: user.id,
            Arn: user.arn,
            CreateDate: user.createdAt,
          },
  };
}
