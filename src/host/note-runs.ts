// Has a function note its runs, where the stack asks for it: what it was handed, what its tables answered, how it ended. Nothing that it does
// is another for it. Docs: docs/incidents.md.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';
import { NOTE_RUNS } from '../platform/names.ts';
import type { ShardedStream } from '../platform/sharded-stream.ts';
import { type BeginNote, NOTE_FIELD, type NotedBatch, type NotedFunction } from '../stores/run-note.ts';
import type { FunctionHost, InvocationContext } from './function-host.ts';
import { NotedTable, notedError } from './noted-table.ts';
import { RunNotes, type WriteNote } from './run-notes.ts';

type NotedHost = Pick<FunctionHost, 'table' | 'shards' | 'setting' | 'log' | 'clock' | 'memoryMb' | 'option'>;
type Handler<E, A> = (event: E, context: InvocationContext) => Promise<A>;
type Wire<H, E, A> = (host: H) => Handler<E, A>;

/** As `wire(host)`, and with notes in the log where the setting `noteRuns` is there. */
export function noteRunsIfAsked<H extends NotedHost, E, A>(
  name: NotedFunction,
  host: H,
  wire: Wire<H, E, A>,
): Handler<E, A> {
  if (host.option(NOTE_RUNS) === undefined) return wire(host);
  return noteRuns(name, host, wire, {
    write: (note) => host.log.info('note of a run', { [NOTE_FIELD]: note }),
    newName: randomUUID,
  });
}

export function noteRuns<H extends NotedHost, E, A>(
  name: NotedFunction,
  host: H,
  wire: Wire<H, E, A>,
  deps: { readonly write: WriteNote; readonly newName: () => string },
): Handler<E, A> {
  const notes = new RunNotes({ ...deps, nowMs: () => host.clock.nowMs() });
  const settings: Record<string, string> = {};
  const container = deps.newName();
  const handle = wire({ ...host, ...notedHost(host, notes, settings) });
  return async (event, context) => {
    const begun = { function: name, container, memoryMb: host.memoryMb(), settings };
    const run = notes.begin({ ...begun, ...handedIn(event) });
    const watched = {
      getRemainingTimeInMillis: () => notes.left(context.getRemainingTimeInMillis()),
    };
    try {
      const answer = await handle(event, watched);
      notes.write(run, { kind: 'end', answer });
      return answer;
    } catch (error) {
      notes.write(run, { kind: 'end', error: notedError(error) });
      throw error;
    }
  };
}

function notedHost(
  { table, shards, setting, clock }: NotedHost,
  notes: RunNotes,
  settings: Record<string, string>,
) {
  const noted: Clock = { nowMs: () => notes.now(clock.nowMs()), sleep: (ms) => clock.sleep(ms) };
  return {
    clock: noted,
    table: (name: string, generation?: string) => new NotedTable(table(name, generation), name, notes),
    shards: (arn: string): ShardedStream => {
      const stream = shards(arn);
      return {
        arn,
        listShards: () => notedAnswer(notes, stream.listShards()),
        putIntoEach: (into, data) => notedAnswer(notes, stream.putIntoEach(into, data)),
      };
    },
    setting: (name: string) => {
      const value = setting(name);
      settings[name] = value;
      return value;
    },
  };
}

async function notedAnswer<T>(notes: RunNotes, asked: Promise<T>): Promise<T> {
  try {
    const answer = await asked;
    notes.shards({ answer });
    return answer;
  } catch (error) {
    notes.shards({ error: notedError(error) });
    throw error;
  }
}

function handedIn(event: unknown): Pick<BeginNote, 'batch' | 'event'> {
  const records = recordsOf(event);
  const [first, last] = [records?.[0], records?.at(-1)];
  if (records === undefined || first === undefined || last === undefined) return { event };
  const batch: NotedBatch = {
    stream: first.eventSourceARN,
    shard: first.eventID.slice(0, first.eventID.indexOf(':')),
    first: first.kinesis.sequenceNumber,
    last: last.kinesis.sequenceNumber,
    records: records.length,
  };
  return { batch };
}

/** What is needed of a record of the stream. */
interface HandedRecord {
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: { readonly sequenceNumber: string };
}

/** The records of a batch of the stream, as its mapping hands it in; undefined if the event is no batch. */
function recordsOf(event: unknown): readonly HandedRecord[] | undefined {
  if (typeof event !== 'object' || event === null || !('Records' in event)) return undefined;
  return Array.isArray(event.Records) ? event.Records : undefined;
}
