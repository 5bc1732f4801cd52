import { AwsError } from '../../../../src/core/errors.ts';

/** The AwsError that `run` throws, as `code status message`; fails if it throws none or another. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof AwsError) return `${error.code} ${error.status} ${error.message}`;
    throw error;
  }
  throw new Error('nothing was thrown');
}
