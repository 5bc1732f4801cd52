import { attachedPolicies, inlinePolicies, tagging } from './entities.ts';
import { ACCOUNT, allRefused, type ClientStep, paged, refused, SERVICE_POLICY, step } from './step.ts';

/** Users, with all that hangs on them but credentials. The account may have 10 users. */

const bob = { UserName: 'bob' };
const nobody = { UserName: 'nobody' };
const NO_USER = 'The user with name nobody cannot be found.';
const USER = { title: 'User', name: bob, missing: nobody, missingText: NO_USER };
const BOUNDARY = 'arn:aws:iam::aws:policy/IAMReadOnlyAccess';
const NO_POLICY = 'arn:aws:iam::aws:policy/None';
const names = [2, 3, 4, 5, 6, 7, 8, 9, 10].map((number) => ({ UserName: `user${number}` }));

export const userSteps: readonly ClientStep[] = [
  step(
    'CreateUser',
    { ...bob, Path: '/walk/', PermissionsBoundary: BOUNDARY, Tags: [{ Key: 'Team', Value: 'a' }] },
    {
      User: {
        ...bob,
        Path: '/walk/',
        UserId: '~AIDA[A-Z2-7]{17}',
        Arn: `arn:aws:iam::${ACCOUNT}:user/walk/bob`,
        PermissionsBoundary: {
          PermissionsBoundaryType: 'PermissionsBoundaryPolicy',
          PermissionsBoundaryArn: BOUNDARY,
        },
        Tags: [{ Key: 'Team', Value: 'a' }],
      },
    },
    { keep: { bobId: 'User.UserId' } },
  ),
  refused('CreateUser', { UserName: 'BOB' }, 'EntityAlreadyExists', 'User with name BOB already exists.'),
  refused(
    'CreateUser',
    { ...nobody, PermissionsBoundary: NO_POLICY },
    'NoSuchEntity',
    `Policy ${NO_POLICY} was not found.`,
  ),
  refused(
    'CreateUser',
    { ...nobody, Tags: [1, 2].map((number) => ({ Key: 'k', Value: String(number) })) },
    'InvalidInput',
    'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
  ),
  refused(
    'CreateUser',
    { UserName: 'a b' },
    'ValidationError',
    "1 validation error detected: Value 'a b' at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+",
  ),
  step('GetUser', bob, { User: { UserId: '$bobId', Path: '/walk/' } }),
  step('GetUser', {}, { User: { UserId: ACCOUNT, Arn: `arn:aws:iam::${ACCOUNT}:root` } }),
  ...names.map((name) => step('CreateUser', name)),
  refused('CreateUser', nobody, 'LimitExceeded', 'Cannot exceed quota for UsersPerAccount: 10'),
  ...paged('ListUsers', {}, { Users: 'UserName' }, 10, { size: 3 }),
  step('ListUsers', { PathPrefix: '/walk/' }, { Users: [bob], IsTruncated: false }),
  step('UpdateUser', { ...bob, NewPath: '/on/', NewUserName: 'Bob' }),
  step('UpdateUser', { UserName: 'BOB', NewUserName: 'bob' }),
  step('GetUser', bob, { User: { ...bob, UserId: '$bobId', Path: '/on/' } }),
  refused(
    'UpdateUser',
    { ...bob, NewUserName: 'USER2' },
    'EntityAlreadyExists',
    'User with name USER2 already exists.',
  ),
  ...allRefused(['GetUser', 'UpdateUser', 'DeleteUser'], nobody, 'NoSuchEntity', NO_USER),

  step('PutUserPermissionsBoundary', { ...bob, PermissionsBoundary: BOUNDARY }),
  refused(
    'PutUserPermissionsBoundary',
    { ...bob, PermissionsBoundary: NO_POLICY },
    'NoSuchEntity',
    `Policy ${NO_POLICY} was not found.`,
  ),
  refused(
    'PutUserPermissionsBoundary',
    { ...bob, PermissionsBoundary: 'arn:aws:iam::aws:user/a' },
    'InvalidInput',
    'ARN arn:aws:iam::aws:user/a is not valid.',
  ),
  refused(
    'PutUserPermissionsBoundary',
    { ...bob, PermissionsBoundary: SERVICE_POLICY },
    'PolicyNotAttachable',
    'Cannot attach a Service Role Policy to a Customer Role.',
  ),
  refused(
    'PutUserPermissionsBoundary',
    { ...nobody, PermissionsBoundary: BOUNDARY },
    'NoSuchEntity',
    NO_USER,
  ),
  step('DeleteUserPermissionsBoundary', bob),
  refused('DeleteUserPermissionsBoundary', nobody, 'NoSuchEntity', NO_USER),

  step('UntagUser', { ...bob, TagKeys: ['team'] }),
  ...tagging(USER),
  ...inlinePolicies(USER, 2048),
  ...attachedPolicies(USER),
  step('AttachUserPolicy', { ...bob, PolicyArn: BOUNDARY }),
  refused('DeleteUser', bob, 'DeleteConflict', 'Cannot delete entity, must detach all policies first.'),
  step('DetachUserPolicy', { ...bob, PolicyArn: BOUNDARY }),
  ...[bob, ...names].map((name) => step('DeleteUser', name)),
  step('ListUsers', {}, { Users: [] }),
];
