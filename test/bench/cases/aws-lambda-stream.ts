// aws-lambda-stream as its documentation has it: events grouped by a key, each group reduced, and added by an update.
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { putAbsentClients } from '../absent-clients.ts';
import type { BenchCase } from '../bench-case.ts';
import { type SentRequest, StubDynamoDb } from '../stub-dynamodb.ts';
import type { Totals } from '../totals.ts';
import { mergeTotal } from '../totals.ts';
import type { PlainEvent } from '../window-sums.ts';
import { WindowSums, windowStartMs } from '../window-sums.ts';

export async function createCase(): Promise<BenchCase> {
  const { fromKinesis, group, toPromise, updateDynamoDB } = await load();
  const stub = new StubDynamoDb();
  // The library makes a client of its own, with this handler.
  Object.assign(NodeHttpHandler.prototype, { handle: stub.handle.bind(stub) });
  const totals: Totals = new Map();
  return {
    handle: (event) =>
      fromKinesis(event)
        .map((uow) => ({ ...uow, event: { ...uow.event, partitionKey: keyOf(uow.event) } }))
        .through(group({ group: true }))
        .map(({ batch }) => ({ batch, updateRequest: toUpdateRequest(batch.map((uow) => uow.event)) }))
        .through(updateDynamoDB({ tableName: 'windows', parallel: 32 }))
        .through(toPromise),
    digest: () => stub.putAside(),
    totals() {
      for (const request of stub.takeRequests()) addSent(totals, request);
      return totals;
    },
    calls: () => stub.calls,
  };
}

async function load() {
  const removeAbsentClients = putAbsentClients();
  const { fromKinesis } = await import('aws-lambda-stream/from/kinesis');
  const { group } = await import('aws-lambda-stream/utils/batch');
  const { updateDynamoDB } = await import('aws-lambda-stream/sinks/dynamodb');
  const { toPromise } = await import('aws-lambda-stream/utils/handler');
  removeAbsentClients();
  return { fromKinesis, group, updateDynamoDB, toPromise };
}

function keyOf(event: PlainEvent): string {
  return `${event.source}|${windowStartMs(event)}`;
}

/** For the document client: `ADD` creates what is not there. */
function toUpdateRequest(events: readonly PlainEvent[]): object {
  const sums = new WindowSums();
  for (const event of events) sums.add(event);
  const [window] = sums.take();
  if (window === undefined) throw new Error('found an empty group, expected events');
  const metrics = [...window.metrics].flatMap(([name, { count, sum }], at) => [
    { attribute: `${name}_count`, placeholder: `count${at}`, value: count },
    { attribute: `${name}_sum`, placeholder: `sum${at}`, value: sum },
  ]);
  return {
    Key: { source: window.source, window: window.windowStartMs },
    UpdateExpression: `ADD ${metrics.map(({ placeholder }) => `#${placeholder} :${placeholder}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(
      metrics.map(({ attribute, placeholder }) => [`#${placeholder}`, attribute]),
    ),
    ExpressionAttributeValues: Object.fromEntries(
      metrics.map(({ placeholder, value }) => [`:${placeholder}`, value]),
    ),
  };
}

/** Adds up what an update sent has added to the table. */
function addSent(totals: Totals, { body }: SentRequest): void {
  // Made above, and marshalled by the document client.
  const { Key, ExpressionAttributeValues: values } = body as unknown as {
    readonly Key: { readonly source: { readonly S: string } };
    readonly ExpressionAttributeValues: Readonly<Record<string, { readonly N: string }>>;
  };
  for (const [name, { N }] of Object.entries(values)) {
    const part = name.startsWith(':count') ? { count: Number(N), sum: 0 } : { count: 0, sum: Number(N) };
    mergeTotal(totals, Key.source.S, { ...part, min: undefined, max: undefined });
  }
}
