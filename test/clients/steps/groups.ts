import { attachedPolicies, inlinePolicies } from './entities.ts';
import { ACCOUNT, allRefused, type ClientStep, paged, refused, step } from './step.ts';

/** Groups and who is in them. A user may be in 10 groups, the account may have 12. */

const team = { GroupName: 'team' };
const none = { GroupName: 'none' };
const bob = { UserName: 'bob' };
const nobody = { UserName: 'nobody' };
const NO_GROUP = 'The group with name none cannot be found.';
const NO_USER = 'The user with name nobody cannot be found.';
const GROUP = { title: 'Group', name: team, missing: none, missingText: NO_GROUP };
const groups = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((number) => ({ GroupName: `group${number}` }));
const memberships = [team, ...groups.slice(0, 9)];

export const groupSteps: readonly ClientStep[] = [
  step(
    'CreateGroup',
    { ...team, Path: '/walk/' },
    {
      Group: {
        ...team,
        Path: '/walk/',
        GroupId: '~AGPA[A-Z2-7]{17}',
        Arn: `arn:aws:iam::${ACCOUNT}:group/walk/team`,
      },
    },
    { keep: { teamId: 'Group.GroupId' } },
  ),
  refused(
    'CreateGroup',
    { GroupName: 'Team' },
    'EntityAlreadyExists',
    'Group with name Team already exists.',
  ),
  ...groups.map((group) => step('CreateGroup', group)),
  refused('CreateGroup', none, 'LimitExceeded', 'Cannot exceed quota for GroupsPerAccount: 12'),
  ...paged('ListGroups', {}, { Groups: 'GroupName' }, 12, { size: 5 }),
  step('ListGroups', { PathPrefix: '/walk/' }, { Groups: [team] }),
  step('UpdateGroup', { ...team, NewPath: '/on/', NewGroupName: 'TEAM' }),
  step('UpdateGroup', { ...team, NewGroupName: 'team' }),
  refused(
    'UpdateGroup',
    { ...team, NewGroupName: 'Group2' },
    'EntityAlreadyExists',
    'Group with name Group2 already exists.',
  ),
  ...allRefused(['UpdateGroup', 'DeleteGroup', 'GetGroup'], none, 'NoSuchEntity', NO_GROUP),

  step('CreateUser', bob),
  step('CreateUser', { UserName: 'ann' }),
  ...memberships.map((group) => step('AddUserToGroup', { ...bob, ...group })),
  step('AddUserToGroup', { ...bob, ...team }),
  step('AddUserToGroup', { UserName: 'ann', ...team }),
  refused(
    'AddUserToGroup',
    { ...bob, GroupName: 'group12' },
    'LimitExceeded',
    'Cannot exceed quota for GroupsPerUser: 10',
  ),
  ...allRefused(['AddUserToGroup', 'RemoveUserFromGroup'], { ...bob, ...none }, 'NoSuchEntity', NO_GROUP),
  ...allRefused(['AddUserToGroup', 'RemoveUserFromGroup'], { ...nobody, ...team }, 'NoSuchEntity', NO_USER),
  step('GetGroup', team, {
    Group: { ...team, GroupId: '$teamId', Path: '/on/' },
    Users: [{ UserName: 'ann' }, bob],
  }),
  ...paged('GetGroup', team, { Users: 'UserName' }, 2, { size: 1 }),
  ...paged('ListGroupsForUser', bob, { Groups: 'GroupName' }, 10, { size: 4 }),
  refused('ListGroupsForUser', nobody, 'NoSuchEntity', NO_USER),
  refused('DeleteGroup', team, 'DeleteConflict', 'Cannot delete entity, must remove users from group first.'),
  refused('DeleteUser', bob, 'DeleteConflict', 'Cannot delete entity, must remove users from group first.'),
  ...memberships.map((group) => step('RemoveUserFromGroup', { ...bob, ...group })),
  step('RemoveUserFromGroup', { UserName: 'ann', ...team }),
  refused(
    'RemoveUserFromGroup',
    { ...bob, ...team },
    'NoSuchEntity',
    'The user with name bob is not in the group team.',
  ),
  ...inlinePolicies(GROUP, 5120),
  ...attachedPolicies(GROUP),
  step('DeleteUser', bob),
  step('DeleteUser', { UserName: 'ann' }),
  ...[team, ...groups].map((group) => step('DeleteGroup', group)),
  step('ListGroups', {}, { Groups: [] }),
];
