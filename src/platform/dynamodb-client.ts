import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb';
import type { SerializeMiddleware } from '@smithy/types';
import { handlerOf, type TimeLimits } from './time-limits.ts';

/** Four attempts of these end well before the half minute of the functions that answer HTTP. */
const LIMITS: TimeLimits = { connectMs: 2_000, answerMs: 5_000 };

/**
 * A client whose own retries end well before a function's time does; region and endpoint come from the environment, and
 * `overrides` before everything. A batch of writes takes two thirds of the CPU it takes a client as the SDK makes it.
 */
export function createDynamoDbClient(
  overrides: DynamoDBClientConfig = {},
  limits: TimeLimits = LIMITS,
): DynamoDBClient {
  const client = new DynamoDBClient({ maxAttempts: 4, requestHandler: handlerOf(limits), ...overrides });
  // It copies every request and answer for a logger, even if there is none.
  client.middlewareStack.remove('loggerMiddleware');
  writeBodiesAtOnce(client);
  return client;
}

/**
 * The SDK writes the body of a request character by character, as its schema says. A request of DynamoDB is JSON as it
 * stands, but for bytes: so the SDK is given an empty one to write, and the body is put in then.
 */
function writeBodiesAtOnce({ middlewareStack }: DynamoDBClient): void {
  const takeInput: SerializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => (args) => {
    // As bytes: otherwise signing and sending would each convert it.
    context['body'] = Buffer.from(JSON.stringify(args.input, bytesToBase64));
    return next({ ...args, input: {} });
  };
  const putBody: SerializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => (args) => {
    Object.assign(Object(args.request), { body: context['body'] });
    return next(args);
  };
  middlewareStack.add(takeInput, { step: 'serialize', priority: 'high' });
  middlewareStack.add(putBody, { step: 'serialize', priority: 'low' });
}

/** Looks at the value itself: a Buffer has been made an object of numbers by its `toJSON` when it comes as `value`. */
function bytesToBase64(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const own = this[name];
  if (!(own instanceof Uint8Array)) return value;
  return Buffer.from(own.buffer, own.byteOffset, own.length).toString('base64');
}
