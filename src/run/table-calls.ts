// Operations of a table as JSON, between the process that has it in memory and commands that ask it.
import type {
  Item,
  PartitionQuery,
  ScanPage,
  ScanRequest,
  VersionedOutcome,
  VersionedWrite,
} from '../stores/table.ts';

/** What is asked, and what comes back. Sequences come whole. */
export interface TableCalls {
  getMany(keys: readonly Item[]): readonly Item[];
  commit(writes: readonly VersionedWrite[]): readonly VersionedOutcome[];
  putMany(items: readonly Item[]): null;
  deleteMany(keys: readonly Item[]): null;
  query(query: PartitionQuery): readonly Item[];
  scanPage(request: ScanRequest): ScanPage;
  scan(): readonly Item[];
}

export type TableCallName = keyof TableCalls;

export interface TableCall {
  readonly table: string;
  readonly name: TableCallName;
  readonly input: unknown;
}

/** Why a call was not done, as a `StoreError` has it. */
export interface TableRefusal {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** JSON knows neither bytes nor what is undefined, which in a write takes an attribute away. */
export function writeTableJson(value: unknown): string {
  return JSON.stringify(value, function (this: Readonly<Record<string, unknown>>, key, plain: unknown) {
    // Buffers would have been made something else by now.
    const found = this[key];
    if (found instanceof Uint8Array) return Buffer.from(found).toString('base64');
    return found === undefined ? UNDEFINED : plain;
  });
}

export function readTableJson(text: string): unknown {
  return restored(JSON.parse(text));
}

const UNDEFINED = { undefined: true };

function restored(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(restored);
  if (typeof value !== 'object' || value === null) return value;
  if ('undefined' in value && value.undefined === true) return undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      // An attribute's bytes: an attribute of that name is an object.
      name === 'B' && typeof inner === 'string'
        ? new Uint8Array(Buffer.from(inner, 'base64'))
        : restored(inner),
    ]),
  );
}
