import { readFileSync } from 'node:fs';
import { keyshiftTable } from './api/protocol/services.ts';
import { AwsError, messageOf, OperatorError } from './core/errors.ts';
import { lintDocument } from './iam/lint-document.ts';
import type { DocumentKind } from './policy/document-model.ts';
import type { PolicyFinding } from './policy/lint/finding.ts';
import { MalformedPolicy } from './policy/malformed-policy.ts';

/** `keyshift policy lint`: reads a policy from a file and needs no running Keyshift. */

const KINDS: readonly DocumentKind[] = ['identity', 'managed', 'trust'];

export interface LintFlags {
  readonly type: string;
  readonly superuser: readonly string[];
  readonly json: boolean;
}

export interface LintResult {
  readonly text: string;
  /** 0: nothing but notes. 1: a danger or a warning. 2: IAM would refuse the document. */
  readonly exitCode: 0 | 1 | 2;
}

/** Lints the policy in `file` (`-` for standard input). Throws OperatorError when it cannot be read. */
export function lintFile(file: string, flags: LintFlags): LintResult {
  const kind = KINDS.find((one) => one === flags.type);
  if (kind === undefined) throw new OperatorError(`"${flags.type}" is not a type: use ${KINDS.join(', ')}`);
  const text = readPolicy(file);
  try {
    return report(
      file,
      lintDocument(text, kind, { superusers: flags.superuser, own: keyshiftTable }),
      flags.json,
    );
  } catch (error) {
    if (!(error instanceof AwsError) || !(error.cause instanceof MalformedPolicy)) throw error;
    const refusal = { error: error.message, detail: error.cause.detail };
    return {
      text: flags.json ? asJson(refusal) : `${file}: refused: ${refusal.error} (${refusal.detail})`,
      exitCode: 2,
    };
  }
}

function report(file: string, findings: readonly PolicyFinding[], json: boolean): LintResult {
  const exitCode = findings.some(({ severity }) => severity !== 'note') ? 1 : 0;
  if (json) return { text: asJson({ findings }), exitCode };
  if (findings.length === 0) return { text: `${file}: nothing found`, exitCode };
  return { text: findings.map((finding) => paragraph(file, finding)).join('\n\n'), exitCode };
}

function paragraph(
  file: string,
  { id, severity, statement, sid, element, value, explanation, fix }: PolicyFinding,
) {
  const place =
    statement === undefined ? '' : ` statement ${statement + 1}${sid === undefined ? '' : ` (${sid})`},`;
  const about = value === undefined ? '' : ` ${value}`;
  return [
    `${file}:${place} ${element}: ${severity}: ${id}`,
    ...(about === '' ? [] : [`  about:${about}`]),
    `  what:  ${explanation}`,
    `  fix:   ${fix}`,
  ].join('\n');
}

function readPolicy(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new OperatorError(`cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

function asJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
