// The interpreter that one writes first: it goes through the documents as they are for every decision, and makes a
// regular expression of every pattern that it meets. It knows the elements that bench/policy-cases.mjs uses.

export function decideNaively(documents, { action, resource, context }) {
  let effect = 'implicitDeny';
  for (const { Statement } of documents) {
    for (const statement of Statement) {
      if (!applies(statement, action, resource, context)) continue;
      if (statement.Effect === 'Deny') return 'explicitDeny';
      effect = 'allow';
    }
  }
  return effect;
}

function applies(statement, action, resource, context) {
  if (!list(statement.Action).some((one) => glob(one, 'i').test(action))) return false;
  if (!list(statement.Resource).some((one) => glob(substitute(one, context)).test(resource))) return false;
  for (const [operator, keys] of Object.entries(statement.Condition ?? {})) {
    for (const [key, wanted] of Object.entries(keys)) {
      const value = context[key.toLowerCase()];
      if (value === undefined || !list(wanted).some((one) => compare(operator, value, one))) return false;
    }
  }
  return true;
}

function compare(operator, value, wanted) {
  switch (operator) {
    case 'StringEquals':
      return value === wanted;
    case 'NumericLessThanEquals':
      return Number(value) <= Number(wanted);
    case 'Bool':
      return value.toLowerCase() === wanted.toLowerCase();
    case 'IpAddress': {
      const [base, bits = '32'] = wanted.split('/');
      const shift = 32 - Number(bits);
      return toNumber(value) >>> shift === toNumber(base) >>> shift;
    }
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}

function toNumber(address) {
  return address.split('.').reduce((sum, octet) => (sum << 8) | Number(octet), 0);
}

function substitute(text, context) {
  return text.replace(/\$\{([^}]+)\}/g, (_, key) => context[key.toLowerCase()] ?? '');
}

function glob(text, flags = '') {
  const source = text
    .replace(/[.+^$(){}|[\]\\/]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, flags);
}

function list(value) {
  return Array.isArray(value) ? value : [value];
}
