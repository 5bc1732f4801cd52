/**
 * Condition keys that tags make: those of a request and those of the thing that it is about.
 * Source: IAM User Guide, "Controlling access to AWS resources using tags". Names are in lower case, as everywhere.
 */
export type Keys = readonly (readonly [string, readonly string[]])[];

interface RequestTag {
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

/** The keys of the tags that a request brings. */
export function requestTagKeys(tags: readonly RequestTag[] = []): Keys {
  if (tags.length === 0) return [];
  return [
    ...tags.map(({ Key = '', Value = '' }): Keys[number] => [`aws:requesttag/${Key.toLowerCase()}`, [Value]]),
    ['aws:tagkeys', tags.map(({ Key = '' }) => Key)],
  ];
}

/** The keys of the tags that a thing has; a service may have names of its own for them. */
export function resourceTagKeys(
  tags: readonly { readonly key: string; readonly value: string }[],
  services: readonly 'iam'[] = [],
): Keys {
  return ['aws', ...services].flatMap((service) =>
    tags.map(({ key, value }): Keys[number] => [`${service}:resourcetag/${key.toLowerCase()}`, [value]]),
  );
}
