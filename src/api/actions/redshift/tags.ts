import { AwsError } from '../../../core/errors.ts';
import { type Tag, withoutTags, withTags } from '../../../redshift/tags.ts';
import type { Action, Caller, RequiredPermission } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { type Keys, requestTagKeys, resourceTagKeys } from '../tag-keys.ts';
import type { RedshiftDeps } from './deps.ts';
import { onePage } from './pages.ts';
import { GROUP_KINDS } from './permissions.ts';

/** CreateTags, DeleteTags, DescribeTags: the tags of clusters and of the groups beside them, by ARN. */

type TaggedKind = (typeof GROUP_KINDS)[keyof typeof GROUP_KINDS];

/** The kinds of ARN, and where their tags are. The names are also DescribeTags's resource types. */
const KINDS: ReadonlyMap<string, TaggedKind | 'cluster'> = new Map<string, TaggedKind | 'cluster'>([
  ['cluster', 'cluster'],
  ...Object.entries(GROUP_KINDS),
]);

export const createTags: Action<RedshiftDeps, wire.CreateTagsMessage, void> = {
  permissions: (deps, input, caller) =>
    onArn('CreateTags', deps, caller, input.ResourceName, requestTagKeys(input.Tags)),
  run: async (deps, input, caller) => {
    const more = fromWireTags(input.Tags);
    await changeTags(deps, caller, input.ResourceName, (tags) => withTags(tags, more));
  },
  changes: true,
};

export const deleteTags: Action<RedshiftDeps, wire.DeleteTagsMessage, void> = {
  permissions: (deps, input, caller) =>
    onArn('DeleteTags', deps, caller, input.ResourceName, [['aws:tagkeys', input.TagKeys]]),
  run: async (deps, input, caller) => {
    await changeTags(deps, caller, input.ResourceName, (tags) => withoutTags(tags, input.TagKeys));
  },
  changes: true,
};

export const describeTags: Action<RedshiftDeps, wire.DescribeTagsMessage, wire.TaggedResourceListMessage> = {
  permissions: (deps, input, caller) => onArn('DescribeTags', deps, caller, input.ResourceName ?? '*'),
  run: async (deps, input, caller) => {
    const { ResourceName: arn, ResourceType: type, TagKeys: keys, TagValues: values } = input;
    if (arn !== undefined && type !== undefined) {
      throw new AwsError(
        'InvalidParameterCombination',
        400,
        'ResourceName and ResourceType cannot be given together.',
      );
    }
    if (arn !== undefined) await requireTagged(deps, caller, arn);
    const found = (await allTagged(deps, caller)).filter(
      (one) =>
        (arn === undefined || one.arn === arn) &&
        (type === undefined || one.type === type.toLowerCase()) &&
        (keys === undefined || keys.includes(one.tag.key)) &&
        (values === undefined || values.includes(one.tag.value)),
    );
    const page = onePage(found, input, (one) => `${one.arn} ${one.tag.key}`);
    const resources = page.items.map((one) => ({
      Tag: { Key: one.tag.key, Value: one.tag.value },
      ResourceName: one.arn,
      ResourceType: one.type,
    }));
    return { TaggedResources: resources, ...page.next };
  },
  changes: false,
};

/** Whether a thing has a tag of one of the keys, and one of one of the values, where these are asked for. */
export function isTagged(
  tags: readonly Tag[],
  asked: {
    readonly TagKeys?: readonly string[] | undefined;
    readonly TagValues?: readonly string[] | undefined;
  },
): boolean {
  const { TagKeys: keys, TagValues: values } = asked;
  return (
    (keys === undefined || tags.some(({ key }) => keys.includes(key))) &&
    (values === undefined || tags.some(({ value }) => values.includes(value)))
  );
}

export function toWireTags(tags: readonly Tag[]): wire.Tag[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

export function fromWireTags(tags: readonly wire.Tag[] | undefined): Tag[] {
  return (tags ?? []).map(({ Key: key = '', Value: value = '' }) => ({ key, value }));
}

async function onArn(
  action: string,
  deps: RedshiftDeps,
  caller: Caller,
  resource: string,
  keys: Keys = [],
): Promise<readonly RequiredPermission[]> {
  caller.note({ resource });
  const found = await findTagged(deps, caller, resource);
  const context = new Map([...resourceTagKeys(found?.tags ?? []), ...keys]);
  return [{ action: `redshift:${action}`, resource, context }];
}

interface Place {
  readonly kind: TaggedKind | 'cluster';
  readonly name: string;
}

/** Undefined for an ARN that no resource of the caller's account in this region can have. */
function placeOf(caller: Caller, arn: string): Place | undefined {
  const [prefix, partition, service, region, account, type = '', ...rest] = arn.split(':');
  const kind = KINDS.get(type);
  const isOurs =
    `${prefix}:${partition}:${service}` === 'arn:aws:redshift' &&
    region === caller.region &&
    account === caller.principal.accountId;
  return isOurs && kind !== undefined && rest.length === 1 ? { kind, name: rest[0] ?? '' } : undefined;
}

async function changeTags(
  deps: RedshiftDeps,
  caller: Caller,
  arn: string,
  change: (tags: readonly Tag[]) => readonly Tag[],
): Promise<void> {
  const { kind, name } = await requireTagged(deps, caller, arn);
  const { accountId } = caller.principal;
  if (kind === 'cluster') {
    await deps.clusters.changeSettings({ accountId, identifier: name }, (settings) => ({
      ...settings,
      tags: change(settings.tags),
    }));
    return;
  }
  await deps.resources.update(accountId, kind, name, (content) => ({
    ...content,
    tags: change(content.tags),
  }));
}

/** Throws ResourceNotFoundFault. */
async function requireTagged(deps: RedshiftDeps, caller: Caller, arn: string): Promise<Place> {
  const found = await findTagged(deps, caller, arn);
  if (found === undefined) throw resourceNotFound(arn);
  return found;
}

async function findTagged(
  deps: RedshiftDeps,
  caller: Caller,
  arn: string,
): Promise<(Place & { readonly tags: readonly Tag[] }) | undefined> {
  const place = placeOf(caller, arn);
  if (place === undefined) return undefined;
  const { accountId } = caller.principal;
  if (place.kind === 'cluster') {
    const found = await deps.clusters.find(accountId, place.name);
    return found === undefined ? undefined : { ...place, tags: found.settings.tags };
  }
  const found = await deps.resources.find(accountId, place.kind, place.name);
  return found === undefined ? undefined : { ...place, tags: found.content.tags };
}

/** Every tag of every resource, in the order of ARN and key. */
async function allTagged(
  deps: RedshiftDeps,
  caller: Caller,
): Promise<{ readonly arn: string; readonly type: string; readonly tag: Tag }[]> {
  const { accountId } = caller.principal;
  const all: { arn: string; type: string; tag: Tag }[] = [];
  for (const [type, kind] of KINDS) {
    const owners =
      kind === 'cluster'
        ? (await deps.clusters.list(accountId)).map(({ identifier, settings }) => ({
            name: identifier,
            tags: settings.tags,
          }))
        : (await deps.resources.list(accountId, kind)).map(({ name, content }) => ({
            name,
            tags: content.tags,
          }));
    for (const { name, tags } of owners) {
      const arn = `arn:aws:redshift:${caller.region}:${accountId}:${type}:${name}`;
      for (const tag of tags) all.push({ arn, type, tag });
    }
  }
  const key = (one: { arn: string; tag: Tag }): string => `${one.arn} ${one.tag.key}`;
  return all.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function resourceNotFound(arn: string): AwsError {
  return new AwsError('ResourceNotFoundFault', 404, `The resource ${arn.slice(0, 200)} could not be found.`);
}
