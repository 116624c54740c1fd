// A container of an incident that is played: the real function, whose every call of a table waits until it is answered as it was, and who
// finds the clock, the time left and the shards as they were.
import { wire as wireAggregate } from '../../consumers/aggregate/wire.ts';
import { wire as wireClose } from '../../consumers/close/wire.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { memoryHost } from '../host/memory-host.ts';
import { keysText } from '../host/noted-table.ts';
import type { ListedShard, ShardedStream } from '../platform/sharded-stream.ts';
import { itemFromJson } from '../stores/item-json.ts';
import { digestOf, itemText, writeText } from '../stores/item-mark.ts';
import type { BeginNote, NotedAnswer, TableMethod } from '../stores/run-note.ts';
import type {
  Item,
  PartitionQuery,
  ScanPage,
  ScanRequest,
  Table,
  VersionedOutcome,
  VersionedWrite,
} from '../stores/table.ts';
import { IncidentError } from './incident-error.ts';
import { errorOf, type PlayedCall } from './played-call.ts';
import type { PlayedRun } from './played-run.ts';

export class PlayedContainer {
  /** The run under way. */
  run: PlayedRun | undefined;
  readonly #handle: (event: unknown) => Promise<unknown>;

  constructor(begun: BeginNote, pipeline: Pipeline) {
    const current = () => this.#current();
    const host = memoryHost({
      pipeline,
      clock: { nowMs: () => current().nextNowMs(), sleep: async () => {} },
      memoryMb: () => begun.memoryMb,
      setting: (name) => begun.settings[name] ?? '',
      shards: (arn) => playedShards(arn, current),
    });
    const played = { ...host, table: (name: string): Table => new PlayedTable(name, current) };
    // The event is of the form that its function was handed.
    if (begun.function === 'aggregate') {
      const handle = wireAggregate(played);
      this.#handle = (event) => handle(event as Parameters<typeof handle>[0]);
    } else {
      const handle = wireClose(played);
      const context = { getRemainingTimeInMillis: () => current().nextLeftMs() };
      this.#handle = (event) => handle(event as Parameters<typeof handle>[0], context);
    }
  }

  begin(run: PlayedRun, event: unknown): void {
    this.run = run;
    run.settle(this.#handle(event));
  }

  #current(): PlayedRun {
    if (this.run === undefined) throw new IncidentError('found a call before any run, expected none');
    return this.run;
  }
}

function playedShards(arn: string, current: () => PlayedRun): ShardedStream {
  // as it was noted of the same call
  const next = async <T>() => given(current().nextShards()) as T;
  return {
    arn,
    listShards: () => next<readonly ListedShard[]>(),
    putIntoEach: () => next<number>(),
  };
}

function given(noted: NotedAnswer): unknown {
  if ('error' in noted) throw errorOf(noted.error);
  return noted.answer;
}

class PlayedTable implements Table {
  readonly #name: string;
  readonly #current: () => PlayedRun;

  constructor(name: string, current: () => PlayedRun) {
    this.#name = name;
    this.#current = current;
  }

  getMany(keys: readonly Item[]): Promise<readonly Item[]> {
    return this.#ask<readonly Item[]>('getMany', keysText(keys), { keys });
  }

  commit(writes: readonly VersionedWrite[]): Promise<readonly VersionedOutcome[]> {
    return this.#ask<readonly VersionedOutcome[]>('commit', JSON.stringify(writes.map(writeText)), {
      writes,
    });
  }

  putMany(items: readonly Item[]): Promise<void> {
    return this.#ask<void>('putMany', keysText(items), { items });
  }

  deleteMany(keys: readonly Item[]): Promise<void> {
    return this.#ask<void>('deleteMany', keysText(keys), { keys });
  }

  scanPage({ limit, after }: ScanRequest): Promise<ScanPage> {
    const asked = JSON.stringify([limit, after === undefined ? null : itemText(after)]);
    return this.#ask<ScanPage>('scanPage', asked, {});
  }

  query(_: PartitionQuery): AsyncIterable<Item> {
    return this.#walk();
  }

  scan(): AsyncIterable<Item> {
    return this.#walk();
  }

  async *#walk(): AsyncIterable<Item> {
    const run = this.#current();
    const call = run.nextCall();
    for (const item of run.itemsOf(call)) yield itemFromJson(item);
    await run.walked(call);
  }

  #ask<T>(
    method: TableMethod,
    asked: string,
    what: Partial<Pick<PlayedCall, 'keys' | 'items' | 'writes'>>,
  ): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#current().ask({
      table: this.#name,
      method,
      asked: digestOf(asked),
      keys: [],
      items: [],
      writes: [],
      ...what,
      // what the player answers a call of this method with
      answer: (value) => resolve(value as T),
      fail: reject,
    });
    return promise;
  }
}
