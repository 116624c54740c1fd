// The stream services' errors, by what a reader does about them.
import { reasonOf } from './persistence.ts';

type ReadFailure =
  | { readonly kind: 'iterator-expired' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'trimmed' }
  | { readonly kind: 'unavailable'; readonly reason: string };

const THROTTLED = new Set([
  'ProvisionedThroughputExceededException',
  'LimitExceededException',
  'ThrottlingException',
  'RequestLimitExceeded',
  'KMSThrottlingException',
  'InternalFailure',
  'InternalFailureException',
  'InternalServerError',
  'ServiceUnavailable',
]);

/** What an error of Kinesis or DynamoDB Streams means to a reader; undefined: not foreseen. */
export function readFailure(error: unknown): ReadFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  switch (error.name) {
    case 'ExpiredIteratorException':
      return { kind: 'iterator-expired' };
    case 'TrimmedDataAccessException':
      return { kind: 'trimmed' };
    case 'ResourceNotFoundException':
      return { kind: 'gone' };
    default:
      return THROTTLED.has(error.name) ? { kind: 'unavailable', reason: reasonOf(error) } : undefined;
  }
}
