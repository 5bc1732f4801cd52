import { AwsError } from '../../../core/errors.ts';
import type { ResourceKind } from '../../../redshift/resources.ts';
import { type Tag, withoutTags, withTags } from '../../../redshift/tags.ts';
import type { Action, Caller, RequiredPermission } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { onePage } from './pages.ts';

/** CreateTags, DeleteTags, DescribeTags: the tags of clusters and of the groups beside them, by ARN. */

type TaggedKind = Extract<ResourceKind, 'parameter-group' | 'subnet-group' | 'security-group'>;

/** The kinds of ARN, and where their tags are. The names are also DescribeTags's resource types. */
const KINDS: ReadonlyMap<string, TaggedKind | 'cluster'> = new Map([
  ['cluster', 'cluster'],
  ['parametergroup', 'parameter-group'],
  ['subnetgroup', 'subnet-group'],
  ['securitygroup', 'security-group'],
]);

export const createTags: Action<RedshiftDeps, wire.CreateTagsMessage, void> = {
  permissions: (_deps, input, caller) => {
    const tags = fromWireTags(input.Tags);
    const context = new Map<string, readonly string[]>(
      tags.map(({ key, value }) => [`aws:requesttag/${key.toLowerCase()}`, [value]]),
    );
    context.set(
      'aws:tagkeys',
      tags.map(({ key }) => key),
    );
    return onArn('CreateTags', caller, input.ResourceName, context);
  },
  run: async (deps, input, caller) => {
    const more = fromWireTags(input.Tags);
    await changeTags(deps, caller, input.ResourceName, (tags) => withTags(tags, more));
  },
  changes: true,
};

export const deleteTags: Action<RedshiftDeps, wire.DeleteTagsMessage, void> = {
  permissions: (_deps, input, caller) =>
    onArn('DeleteTags', caller, input.ResourceName, new Map([['aws:tagkeys', input.TagKeys]])),
  run: async (deps, input, caller) => {
    await changeTags(deps, caller, input.ResourceName, (tags) => withoutTags(tags, input.TagKeys));
  },
  changes: true,
};

export const describeTags: Action<RedshiftDeps, wire.DescribeTagsMessage, wire.TaggedResourceListMessage> = {
  permissions: (_deps, input, caller) => onArn('DescribeTags', caller, input.ResourceName ?? '*', new Map()),
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

export function toWireTags(tags: readonly Tag[]): wire.Tag[] {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

export function fromWireTags(tags: readonly wire.Tag[] | undefined): Tag[] {
  return (tags ?? []).map(({ Key: key = '', Value: value = '' }) => ({ key, value }));
}

function onArn(
  action: string,
  caller: Caller,
  resource: string,
  context: ReadonlyMap<string, readonly string[]>,
): readonly RequiredPermission[] {
  caller.note({ resource });
  return [{ action: `redshift:${action}`, resource, context }];
}

interface Place {
  readonly kind: TaggedKind | 'cluster';
  readonly name: string;
}

/** Throws ResourceNotFoundFault for an ARN of no resource of the caller's account in this region. */
function placeOf(caller: Caller, arn: string): Place {
  const [prefix, partition, service, region, account, type = '', ...rest] = arn.split(':');
  const kind = KINDS.get(type);
  const isOurs =
    `${prefix}:${partition}:${service}` === 'arn:aws:redshift' &&
    region === caller.region &&
    account === caller.principal.accountId;
  if (!isOurs || kind === undefined || rest.length !== 1) throw resourceNotFound(arn);
  return { kind, name: rest[0] ?? '' };
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

async function requireTagged(deps: RedshiftDeps, caller: Caller, arn: string): Promise<Place> {
  const place = placeOf(caller, arn);
  const { accountId } = caller.principal;
  const found =
    place.kind === 'cluster'
      ? (await deps.clusters.list(accountId)).find(({ identifier }) => identifier === place.name)
      : await deps.resources.find(accountId, place.kind, place.name);
  if (found === undefined) throw resourceNotFound(arn);
  return place;
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
