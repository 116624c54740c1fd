// What a function notes of its runs, so that they can be played again: a line of JSON at a run's begin, at each answer of a table, and at
// its end. A run that was cut off has no end, and a call whose answer never came has no line. Docs: docs/incidents.md.
import { isObject } from '../core/event-rules.ts';

/** The functions whose runs are noted: those that write the states of sources. */
export const NOTED_FUNCTIONS = ['aggregate', 'close'] as const;
export type NotedFunction = (typeof NOTED_FUNCTIONS)[number];

export type RunNote = BeginNote | CallNote | EndNote;

interface AnyNote {
  readonly run: string;
  /** Which of the run's notes, counted from 0: one that is missing shows. */
  readonly note: number;
  /** When it was written, ms since the epoch. */
  readonly atMs: number;
  readonly read?: Readings;
}

export interface BeginNote extends AnyNote {
  readonly kind: 'begin';
  readonly function: NotedFunction;
  /** What the function keeps between runs it keeps by container. */
  readonly container: string;
  readonly memoryMb: number;
  readonly settings: Readonly<Record<string, string>>;
  /** The records it was handed; undefined: `event` is what it was handed. */
  readonly batch?: NotedBatch;
  readonly event?: unknown;
}

/** `records` of a shard, one after the other. */
export interface NotedBatch {
  readonly stream: string;
  readonly shard: string;
  readonly first: string;
  readonly last: string;
  readonly records: number;
}

export type TableMethod = 'getMany' | 'commit' | 'putMany' | 'deleteMany' | 'query' | 'scan' | 'scanPage';

/** A call of a table that was answered. */
export interface CallNote extends AnyNote {
  readonly kind: 'call';
  /** Which of the run's calls, counted from 0 as they began. */
  readonly call: number;
  readonly table: string;
  readonly method: TableMethod;
  /** Digest of what was asked. */
  readonly asked: string;
  readonly error?: NotedError;
  /** What `getMany` answered: the mark of each item, by key; see `itemMark`. */
  readonly marks?: readonly string[];
  /** Items that the container had not seen before, by their place among the keys. */
  readonly items?: readonly (readonly [number, NotedItem])[];
  /** What `commit` answered: a letter a write, by `OUTCOME`. */
  readonly outcomes?: string;
  /** What refused writes were given back, in order: marks. */
  readonly stored?: readonly string[];
  /** Why writes failed, in order. */
  readonly reasons?: readonly string[];
  /** What `scanPage` answered. */
  readonly page?: { readonly items: readonly NotedItem[]; readonly next?: NotedItem };
}

/** Letters of `outcomes`. */
export const OUTCOME = { committed: 'c', refused: 'r', failed: 'f', tooLarge: 't' } as const;

export interface EndNote extends AnyNote {
  readonly kind: 'end';
  readonly answer?: unknown;
  readonly error?: NotedError;
}

export interface NotedError {
  /** The code of a `StoreError`. */
  readonly code?: string;
  readonly retryable?: boolean;
  readonly message: string;
}

/** An item in DynamoDB's JSON, bytes in base64. */
export type NotedItem = Readonly<
  Record<string, { readonly S: string } | { readonly N: string } | { readonly B: string }>
>;

/** What the run found elsewhere since its note before, in order. */
export interface Readings {
  readonly nowMs?: readonly number[];
  readonly leftMs?: readonly number[];
  /** Answers of the stream's shards. */
  readonly shards?: readonly NotedAnswer[];
  /** Items taken from a query or scan, with the number of the call. */
  readonly items?: readonly (readonly [number, NotedItem])[];
}

export type NotedAnswer = { readonly answer: unknown } | { readonly error: NotedError };

/** Field of a line of log that holds a note, or a piece of a long one. */
export const NOTE_FIELD = 'runNote';

/** A line of log takes 256 KB. */
export const NOTE_PIECE_CHARS = 200_000;

/** A long note is cut into texts that make its JSON together. */
export interface NotePiece {
  readonly run: string;
  readonly note: number;
  readonly piece: number;
  readonly of: number;
  readonly text: string;
}

/** A note as parsed; a text is what is wrong with it. What is deeper in it is found wrong where it is played. */
export function readRunNote(parsed: unknown): RunNote | string {
  if (!isObject(parsed)) return 'found no object, expected a note of a run';
  const { run, kind, atMs, note } = parsed;
  if (typeof run !== 'string' || typeof atMs !== 'number' || typeof note !== 'number')
    return `found the keys ${Object.keys(parsed).join(', ')}, expected run, note and atMs among them`;
  const isKnown =
    (kind === 'begin' && typeof parsed['container'] === 'string' && isNotedFunction(parsed['function'])) ||
    (kind === 'call' && typeof parsed['call'] === 'number' && typeof parsed['table'] === 'string') ||
    kind === 'end';
  if (!isKnown)
    return `found a note of the kind ${String(kind)}, expected begin (with function and container), call (with call and table) or end`;
  return parsed as unknown as RunNote; // as a function wrote it
}

function isNotedFunction(name: unknown): boolean {
  return NOTED_FUNCTIONS.some((each) => each === name);
}
