import type { RandomBytes } from '../core/ids.ts';
import type { Decision } from '../policy/evaluate.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import type { Principal } from './principal.ts';
import { openText, sealText } from './sealed-text.ts';

/**
 * Why a call was refused, in more words than its caller may read: sealed for whoever of the same account may call
 * DecodeAuthorizationMessage. AWS puts such messages into errors of some services, not of those that are here, so
 * it goes into a header beside the error, whose text stays as it is.
 * Source: STS API Reference, DecodeAuthorizationMessage.
 */

/** The purpose from which the keys of these messages are derived. */
export const MESSAGE_KEY_PURPOSE = 'keyshift/authorization-message';

/** The header of an answer that a message comes in. */
export const MESSAGE_HEADER = 'x-keyshift-authorization-message';

/** Characters of a resource in a message, so that any header has room for it; policies end at 2,048. */
const RESOURCE_CHARACTERS_MAX = 2048;

export interface RefusedCall {
  readonly action: string;
  readonly resource: string;
  readonly decision: Decision;
}

export function encodeAuthorizationMessage(
  keys: DerivedKeys,
  principal: Principal,
  { action, resource, decision }: RefusedCall,
  random: RandomBytes,
): string {
  const message = {
    allowed: false,
    explicitDeny: decision.effect === 'explicitDeny',
    because: decision.because,
    matchedStatements: {
      items: decision.matched.map(({ policyId, index, sid = '' }) => ({
        statementId: sid,
        effect: 'DENY',
        policyId,
        index,
      })),
    },
    failures: { items: [] },
    context: {
      principal: { id: principal.userId, name: principal.userName, arn: principal.arn },
      action,
      resource: resource.slice(0, RESOURCE_CHARACTERS_MAX),
      conditions: { items: [] },
    },
  };
  return sealText(keys, Buffer.from(JSON.stringify(message)), principal.accountId, random);
}

/** The message as JSON; undefined for a text that is not a message about a call of this account. */
export function decodeAuthorizationMessage(
  keys: DerivedKeys,
  accountId: string,
  encoded: string,
): string | undefined {
  return openText(keys, encoded, accountId)?.toString();
}
