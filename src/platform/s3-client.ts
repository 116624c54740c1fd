import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { handlerOf, type TimeLimits } from './time-limits.ts';

/** Objects have some megabytes: four attempts of these end within the two minutes of the functions that write them. */
const LIMITS: TimeLimits = { connectMs: 2_000, answerMs: 15_000 };

/** A client whose own retries end well before a function's time does; region and endpoint come from the environment. */
export function createS3Client(overrides: S3ClientConfig = {}, limits: TimeLimits = LIMITS): S3Client {
  return new S3Client({ maxAttempts: 4, requestHandler: handlerOf(limits), ...overrides });
}
