import { parseIpAddress } from '../core/ip-range.ts';
import { decodeBase64 } from './base64.ts';
import { parseDecimal } from './decimal.ts';
import { parseInstant } from './instant.ts';

/** What kinds of values condition keys have. Source: IAM API Reference, type ContextEntry. */
export type ContextKind = 'string' | 'boolean' | 'numeric' | 'date' | 'ip' | 'binary';

/**
 * True if `value` is one of that kind, as conditions read it. Any text is a boolean: the real simulator takes it,
 * and what is neither true nor false matches nothing.
 */
export function isContextValue(kind: ContextKind, value: string): boolean {
  switch (kind) {
    case 'string':
    case 'boolean':
      return true;
    case 'numeric':
      return parseDecimal(value) !== undefined;
    case 'date':
      return parseInstant(value) !== undefined;
    case 'ip':
      return parseIpAddress(value) !== undefined;
    case 'binary':
      return decodeBase64(value) !== undefined;
    default:
      return kind satisfies never;
  }
}
