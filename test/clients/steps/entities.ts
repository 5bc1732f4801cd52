import {
  AWS_POLICIES,
  allRefused,
  type ClientStep,
  DOCUMENT,
  DOCUMENT_READ,
  ONE_MORE_POLICY,
  paged,
  refused,
  SERVICE_POLICY,
  step,
  tags,
  tooLarge,
} from './step.ts';

/** Steps that are the same for users, groups and roles, or for everything that has tags. */

export interface Thing {
  /** As operations have it: `User` in `TagUser`. */
  readonly title: string;
  /** The member that names one, a thing that is there, and one that is not with what is said of it. */
  readonly name: Readonly<Record<string, string>>;
  readonly missing: Readonly<Record<string, string>>;
  readonly missingText: string;
}

/** Inline policies of a thing. `bytesMax` is what all of them together may have. */
export function inlinePolicies({ title, name, missing, missingText }: Thing, bytesMax: number): ClientStep[] {
  const kind = title.toLowerCase();
  const [put, get, remove, list] = [
    `Put${title}Policy`,
    `Get${title}Policy`,
    `Delete${title}Policy`,
    `List${title}Policies`,
  ];
  const inline = (PolicyName: string) => ({ ...name, PolicyName });
  const unknown = `The ${kind} policy with name none cannot be found.`;
  return [
    ...['one', 'Two', 'three'].map((one) => step(put, { ...inline(one), PolicyDocument: DOCUMENT })),
    step(put, { ...inline('two'), PolicyDocument: DOCUMENT }),
    step(get, inline('TWO'), { ...inline('two'), PolicyDocument: DOCUMENT_READ }),
    step(list, name, { PolicyNames: ['one', 'three', 'two'], IsTruncated: false }),
    ...paged(list, name, { PolicyNames: '' }, 3),
    refused(
      put,
      { ...inline('one'), PolicyDocument: tooLarge(bytesMax) },
      'LimitExceeded',
      `Maximum policy size of ${bytesMax} bytes exceeded for ${kind} ${Object.values(name)[0]}`,
    ),
    refused(
      put,
      { ...inline('one'), PolicyDocument: '{}' },
      'MalformedPolicyDocument',
      'Syntax errors in policy.',
    ),
    refused(put, { ...missing, PolicyName: 'one', PolicyDocument: DOCUMENT }, 'NoSuchEntity', missingText),
    ...allRefused([get, remove], { ...missing, PolicyName: 'one' }, 'NoSuchEntity', missingText),
    ...allRefused([get, remove], inline('none'), 'NoSuchEntity', unknown),
    refused(list, missing, 'NoSuchEntity', missingText),
    ...['one', 'two', 'three'].map((one) => step(remove, inline(one))),
    step(list, name, { PolicyNames: [] }),
  ];
}

/** Managed policies that are attached to a thing. */
export function attachedPolicies({ title, name, missing, missingText }: Thing): ClientStep[] {
  const [attach, detach, list] = [
    `Attach${title}Policy`,
    `Detach${title}Policy`,
    `ListAttached${title}Policies`,
  ];
  const [PolicyArn = ''] = AWS_POLICIES;
  const none = 'arn:aws:iam::aws:policy/None';
  return [
    ...AWS_POLICIES.map((one) => step(attach, { ...name, PolicyArn: one })),
    step(attach, { ...name, PolicyArn }),
    refused(
      attach,
      { ...name, PolicyArn: ONE_MORE_POLICY },
      'LimitExceeded',
      `Cannot exceed quota for PoliciesPer${title}: 10`,
    ),
    ...paged(list, name, { AttachedPolicies: 'PolicyArn' }, 10, { size: 3 }),
    refused(list, missing, 'NoSuchEntity', missingText),
    ...allRefused([attach, detach], { ...missing, PolicyArn }, 'NoSuchEntity', missingText),
    refused(
      attach,
      { ...name, PolicyArn: none },
      'NoSuchEntity',
      `Policy ${none} does not exist or is not attachable.`,
    ),
    ...allRefused(
      [attach, detach],
      { ...name, PolicyArn: 'arn:aws:iam::aws:user/a' },
      'InvalidInput',
      'ARN arn:aws:iam::aws:user/a is not valid.',
    ),
    refused(
      attach,
      { ...name, PolicyArn: SERVICE_POLICY },
      'PolicyNotAttachable',
      'Cannot attach a Service Role Policy to a Customer Role.',
    ),
    ...AWS_POLICIES.map((one) => step(detach, { ...name, PolicyArn: one })),
    refused(detach, { ...name, PolicyArn }, 'NoSuchEntity', `Policy ${PolicyArn} was not found.`),
    step(list, name, { AttachedPolicies: [] }),
  ];
}

/** Tags of a thing, which has none before. `wrong` is a name of another form, where the form is checked. */
export function tagging({ title, name, missing, missingText }: Thing, wrong?: Thing['name']): ClientStep[] {
  const [tag, untag, list] = [`Tag${title}`, `Untag${title}`, `List${title}Tags`];
  const TagKeys = ['team'];
  const Tags = [{ Key: 'Team', Value: 'ä b:c' }];
  return [
    step(tag, { ...name, Tags: [{ Key: 'Team', Value: '' }] }),
    step(tag, { ...name, Tags: [{ Key: 'tEAM', Value: 'ä b:c' }] }),
    step(list, name, { Tags: [{ Key: 'tEAM', Value: 'ä b:c' }] }),
    step(untag, { ...name, TagKeys: ['TEAM', 'none'] }),
    step(tag, { ...name, Tags: tags(50) }),
    refused(tag, { ...name, Tags }, 'LimitExceeded', 'The number of tags has reached the maximum limit.'),
    ...paged(list, name, { Tags: 'Key' }, 50, { size: 20 }),
    refused(
      tag,
      { ...name, Tags: [...Tags, { Key: 'team', Value: '' }] },
      'InvalidInput',
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    ),
    ...(wrong === undefined
      ? []
      : [
          ...[list, tag, untag].map((operation) =>
            refused(
              operation,
              {
                ...wrong,
                ...(operation === tag ? { Tags } : {}),
                ...(operation === untag ? { TagKeys } : {}),
              },
              'InvalidInput',
              `ARN ${Object.values(wrong)[0]} is not valid.`,
            ),
          ),
        ]),
    refused(tag, { ...missing, Tags }, 'NoSuchEntity', missingText),
    refused(untag, { ...missing, TagKeys }, 'NoSuchEntity', missingText),
    refused(list, missing, 'NoSuchEntity', missingText),
    step(untag, { ...name, TagKeys: tags(50).map(({ Key }) => Key) }),
    step(list, name, { Tags: [] }),
  ];
}
