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
    context['body'] = Buffer.from(JSON.stringify(withBase64(args.input)));
    return next({ ...args, input: {} });
  };
  const putBody: SerializeMiddleware<ServiceInputTypes, ServiceOutputTypes> = (next, context) => (args) => {
    Object.assign(Object(args.request), { body: context['body'] });
    return next(args);
  };
  middlewareStack.add(takeInput, { step: 'serialize', priority: 'high' });
  middlewareStack.add(putBody, { step: 'serialize', priority: 'low' });
}

/**
 * The same with texts of base64 where there are bytes, sharing what holds none. A `replacer` of `JSON.stringify` would be asked of
 * each text and number too, which takes longer than all the rest.
 */
function withBase64(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Uint8Array)
    return Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64');
  // An object that is no list is read by the names of its members.
  return Array.isArray(value) ? listWithBase64(value) : membersWithBase64(value as Record<string, unknown>);
}

function listWithBase64(list: readonly unknown[]): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let at = 0; at < list.length; at += 1) {
    const converted = withBase64(list[at]);
    if (converted === list[at]) continue;
    copy ??= list.slice();
    copy[at] = converted;
  }
  return copy ?? list;
}

function membersWithBase64(members: Readonly<Record<string, unknown>>): object {
  let copy: Record<string, unknown> | undefined;
  for (const name in members) {
    const member = members[name];
    const converted = withBase64(member);
    if (converted === member) continue;
    copy ??= { ...members };
    copy[name] = converted;
  }
  return copy ?? members;
}
