import type { EntityName } from '../../../iam/entities.ts';
import { type OnTarget, onGroup, onRole, onUser } from './targets.ts';

/** Users, groups and roles, for operations that are the same for each of them. */

/** The member of a call that names one, what policies decide on, and the entity itself. */
export interface Owner<Key extends string> {
  readonly key: Key;
  readonly on: OnTarget;
  readonly entity: (name: string) => EntityName;
}

export const USER: Owner<'UserName'> = {
  key: 'UserName',
  on: onUser,
  entity: (name) => ({ kind: 'user', name }),
};

export const GROUP: Owner<'GroupName'> = {
  key: 'GroupName',
  on: onGroup,
  entity: (name) => ({ kind: 'group', name }),
};

export const ROLE: Owner<'RoleName'> = {
  key: 'RoleName',
  on: onRole,
  entity: (name) => ({ kind: 'role', name }),
};

/** The part of a call, or of an answer, that names a thing. */
export type Named<Key extends string> = { readonly [K in Key]: string };

export function named<Key extends string>(key: Key, name: string): Named<Key> {
  // TypeScript forgets the name of a computed member.
  return { [key]: name } as Named<Key>;
}
