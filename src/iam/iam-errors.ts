import { AwsError } from '../core/errors.ts';

/** The errors of this room, with the codes and texts that AWS clients know. Source: IAM API Reference. */

export const noSuchEntity = (text: string): AwsError => new AwsError('NoSuchEntity', 404, text);

export const alreadyExists = (text: string): AwsError => new AwsError('EntityAlreadyExists', 409, text);

export const deleteConflict = (text: string): AwsError => new AwsError('DeleteConflict', 409, text);

export const limitExceeded = (text: string): AwsError => new AwsError('LimitExceeded', 409, text);

export const quotaExceeded = (quota: string, limit: number): AwsError =>
  limitExceeded(`Cannot exceed quota for ${quota}: ${limit}`);

export const invalidInput = (text: string): AwsError => new AwsError('InvalidInput', 400, text);

export const validationError = (text: string): AwsError => new AwsError('ValidationError', 400, text);

export const unattachable = (text: string): AwsError => new AwsError('PolicyNotAttachable', 400, text);

export const noSuchUser = (name: string): AwsError =>
  noSuchEntity(`The user with name ${name} cannot be found.`);

export const noSuchGroup = (name: string): AwsError =>
  noSuchEntity(`The group with name ${name} cannot be found.`);

export const noSuchRole = (name: string): AwsError =>
  noSuchEntity(`The role with name ${name} cannot be found.`);

/** Refuses to change a role that belongs to a service. */
export const unmodifiable = (text: string): AwsError => new AwsError('UnmodifiableEntity', 400, text);

/** `sentence` is IAM's own, of what is wrong with the document. */
export const malformedPolicy = (sentence: string, options?: ErrorOptions): AwsError =>
  new AwsError('MalformedPolicyDocument', 400, sentence, options);
