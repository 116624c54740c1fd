// A call of a table, and how it fails, in an incident that is played.

import type { NotedError, TableMethod } from '../stores/run-note.ts';
import { StoreError } from '../stores/store-error.ts';
import type { Item, VersionedWrite } from '../stores/table.ts';

/** A call of a table that waits for its answer. */
export interface PlayedCall {
  readonly table: string;
  readonly method: TableMethod;
  /** Digest of what is asked. */
  readonly asked: string;
  readonly keys: readonly Item[];
  readonly items: readonly Item[];
  readonly writes: readonly VersionedWrite[];
  readonly answer: (value: unknown) => void;
  readonly fail: (error: Error) => void;
}

export function errorOf({ code, retryable = true, message }: NotedError): Error {
  return code === undefined ? new Error(message) : new StoreError(code, message, { retryable });
}
