// Section 1 and rules 6 and 7 of the event source mapping's rules: mappings as the API creates, changes and deletes them.
import { describe, expect, test } from 'vitest';
import { exponentialBackoff } from '../../src/event-source/backoff.ts';
import { lambdaPolling } from '../../src/event-source/lambda-polling.ts';
import { MappingService, type StoredMapping } from '../../src/event-source/mapping-service.ts';
import { MappingServiceError } from '../../src/event-source/mapping-service-error.ts';
import { createMemoryCheckpoints } from '../../src/event-source/memory-checkpoints.ts';
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import type { InvokeOutcome } from '../../src/event-source/ports.ts';
import { VirtualClock } from '../../src/event-source/virtual-clock.ts';
import type { KinesisEventRecord, StreamEvent } from '../../src/wire/stream-records.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:f';
const OTHER_FUNCTION = `${FUNCTION}2`;
const TRIM_HORIZON = { StartingPosition: 'TRIM_HORIZON' };

class Account {
  readonly clock = new VirtualClock();
  readonly stream = new MemoryStream({ kind: 'kinesis', clock: this.clock, shards: 1 });
  readonly batches: string[][] = [];
  outcome: InvokeOutcome = { kind: 'returned', payload: 'null' };
  readonly #checkpoints = createMemoryCheckpoints();
  #uuids = 0;

  service(stored: readonly StoredMapping[] = []): MappingService {
    return new MappingService(
      {
        clock: this.clock,
        random: () => 0,
        newUuid: () => {
          this.#uuids += 1;
          return `uuid-${this.#uuids}`;
        },
        checkpoints: this.#checkpoints,
        stream: (arn) => (arn === this.stream.arn ? this.stream : undefined),
        invoker: (arn) =>
          arn.startsWith(FUNCTION) ? { invoke: (payload) => this.#invoke(payload) } : undefined,
        backoff: exponentialBackoff({ jitter: 0 }),
        polling: lambdaPolling,
      },
      stored,
    );
  }

  request(Properties: Readonly<Record<string, unknown>> = TRIM_HORIZON, FunctionArn = FUNCTION) {
    return { EventSourceArn: this.stream.arn, FunctionArn, Properties };
  }

  put(...texts: readonly string[]): void {
    for (const text of texts) this.stream.putData('key', text);
  }

  async #invoke(payload: string): Promise<InvokeOutcome> {
    const event: StreamEvent<KinesisEventRecord> = JSON.parse(payload);
    this.batches.push(event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString()));
    return this.outcome;
  }
}

test('section 1: a mapping is Creating first, with nothing processed, and Enabled when it is in effect', async () => {
  const account = new Account();
  const service = account.service();
  expect(service.create(account.request())).toEqual({
    UUID: 'uuid-1',
    EventSourceArn: account.stream.arn,
    FunctionArn: FUNCTION,
    State: 'Creating',
    StateTransitionReason: 'User action',
    LastProcessingResult: 'No records processed',
    Properties: TRIM_HORIZON,
  });
  account.put('a');
  await account.clock.advance(59_000);
  expect(account.batches).toEqual([]);
  await account.clock.advance(3_000);
  expect(service.get('uuid-1')).toMatchObject({ State: 'Enabled', LastProcessingResult: 'OK' });
  expect(account.batches).toEqual([['a']]);
  account.outcome = { kind: 'function-error', errorType: 'Error', message: 'boom' };
  account.put('b');
  await account.clock.advance(2_000);
  expect(service.get('uuid-1').LastProcessingResult).toBe('PROBLEM: Function call failed');
  await account.clock.run(service.close());
});

test('v6: a second mapping of the same stream and function is refused, naming the first', async () => {
  const account = new Account();
  const service = account.service();
  service.create(account.request());
  expect(thrownBy(() => service.create(account.request({ StartingPosition: 'LATEST' })))).toMatchObject({
    name: 'ResourceConflictException',
    statusCode: 409,
    message: expect.stringContaining('existing mapping with UUID uuid-1'),
  });
  expect(service.create(account.request(TRIM_HORIZON, OTHER_FUNCTION)).UUID).toBe('uuid-2');
  await account.clock.run(service.close());
});

describe('rule 7', () => {
  test('LATEST misses what is put while the mapping is being created', async () => {
    const account = new Account();
    const service = account.service();
    service.create(account.request({ StartingPosition: 'LATEST' }));
    await account.clock.advance(30_000);
    account.put('missed');
    await account.clock.advance(40_000);
    account.put('seen');
    await account.clock.advance(2_000);
    expect(account.batches).toEqual([['seen']]);
    await account.clock.run(service.close());
  });

  test('an update takes its time, and until then the mapping goes on as before', async () => {
    const account = new Account();
    const service = account.service();
    service.create(account.request());
    await account.clock.advance(61_000);
    expect(service.update('uuid-1', { BatchSize: 1 }).State).toBe('Updating');
    account.put('a', 'b');
    await account.clock.advance(10_000);
    expect(account.batches).toEqual([['a', 'b']]);
    await account.clock.advance(21_000);
    account.put('c', 'd');
    await account.clock.advance(2_000);
    expect(account.batches.slice(1)).toEqual([['c'], ['d']]);
    expect(service.get('uuid-1')).toMatchObject({ State: 'Enabled', Properties: { BatchSize: 1 } });
    await account.clock.run(service.close());
  });
});

describe('rule 6', () => {
  test('v7: disabled and enabled again, a mapping goes on behind the last record handled', async () => {
    const account = new Account();
    const service = account.service();
    service.create(account.request());
    account.put('a');
    await account.clock.advance(62_000);
    expect(service.disable('uuid-1').State).toBe('Disabling');
    await account.clock.advance(31_000);
    expect(service.get('uuid-1').State).toBe('Disabled');
    account.put('b');
    await account.clock.advance(60_000);
    expect(account.batches).toEqual([['a']]);
    expect(service.enable('uuid-1').State).toBe('Enabling');
    await account.clock.advance(32_000);
    expect(account.batches).toEqual([['a'], ['b']]);
    await account.clock.run(service.close());
  });

  test('deleted and created again, a mapping begins at its starting position', async () => {
    const account = new Account();
    const service = account.service();
    service.create(account.request());
    account.put('a');
    await account.clock.advance(62_000);
    expect(service.delete('uuid-1').State).toBe('Deleting');
    await account.clock.advance(31_000);
    expect(service.list()).toEqual([]);
    expect(service.create(account.request()).UUID).toBe('uuid-2');
    await account.clock.advance(62_000);
    expect(account.batches).toEqual([['a'], ['a']]);
    await account.clock.run(service.close());
  });

  test('a service that starts again goes on where its mappings were', async () => {
    const account = new Account();
    const service = account.service();
    service.create(account.request());
    account.put('a');
    await account.clock.advance(62_000);
    const stored = await account.clock.run(service.close());
    account.put('b');
    const again = account.service(stored);
    await account.clock.advance(2_000);
    expect(account.batches).toEqual([['a'], ['b']]);
    expect(again.get('uuid-1').State).toBe('Enabled');
    await account.clock.run(again.close());
  });

  test('a mapping created disabled reads nothing until it is enabled', async () => {
    const account = new Account();
    const service = account.service();
    service.create(account.request({ ...TRIM_HORIZON, Enabled: false }));
    account.put('a');
    await account.clock.advance(62_000);
    expect(service.get('uuid-1').State).toBe('Disabled');
    expect(account.batches).toEqual([]);
    service.enable('uuid-1');
    await account.clock.advance(32_000);
    expect(account.batches).toEqual([['a']]);
    await account.clock.run(service.close());
  });
});

describe('what is refused', () => {
  test('rule 38, v8: bad parameters, on creation and on updates, and the mapping stays as it was', async () => {
    const account = new Account();
    const service = account.service();
    const bad = { FilterCriteria: { Filters: [{ Pattern: 'no JSON' }] } };
    const refused = {
      name: 'InvalidParameterValueException',
      statusCode: 400,
      message: expect.stringContaining('FilterCriteria.Filters[0].Pattern'),
    };
    expect(thrownBy(() => service.create(account.request({ ...TRIM_HORIZON, ...bad })))).toMatchObject(
      refused,
    );
    service.create(account.request());
    await account.clock.advance(61_000);
    expect(thrownBy(() => service.update('uuid-1', bad))).toMatchObject(refused);
    expect(service.get('uuid-1')).toMatchObject({ State: 'Enabled', Properties: TRIM_HORIZON });
    await account.clock.run(service.close());
  });

  test('a stream or a function that is not there, a starting position that changes, a mapping that is none', async () => {
    const account = new Account();
    const service = account.service();
    const noStream = { ...account.request(), EventSourceArn: 'arn:none' };
    expect(thrownBy(() => service.create(noStream)).name).toBe('InvalidParameterValueException');
    expect(thrownBy(() => service.create(account.request(TRIM_HORIZON, 'arn:none'))).message).toContain(
      'arn:none',
    );
    expect(thrownBy(() => service.get('none'))).toMatchObject({
      name: 'ResourceNotFoundException',
      statusCode: 404,
    });
    service.create(account.request());
    await account.clock.advance(61_000);
    expect(thrownBy(() => service.update('uuid-1', { StartingPosition: 'LATEST' })).message).toContain(
      'StartingPosition',
    );
    await account.clock.run(service.close());
  });

  test('a change of a mapping that another change is not in effect of', async () => {
    const account = new Account();
    const service = account.service();
    service.create(account.request());
    expect(thrownBy(() => service.disable('uuid-1'))).toMatchObject({ name: 'ResourceInUseException' });
    expect(thrownBy(() => service.delete('uuid-1')).message).toContain('found state Creating');
    await account.clock.run(service.close());
  });
});

function thrownBy(action: () => unknown): MappingServiceError {
  try {
    action();
  } catch (error) {
    if (error instanceof MappingServiceError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
