// Which windows a page may hold, by start: as the request says, and beyond where the page before ended.
import type { StoredWindow } from '../../src/core/stored-window.ts';
import { MAX_START_MS } from '../../src/stores/windows.ts';
import type { Cursor } from './cursor.ts';

/** Both ends included; if `fromMs` is greater, the range is empty. */
export interface StartRange {
  readonly fromMs: number;
  readonly toMs: number;
}

export function rangeOf(
  request: {
    readonly from: number | undefined;
    readonly to: number | undefined;
    readonly order: 'asc' | 'desc';
  },
  cursor: Cursor | undefined,
): StartRange {
  const fromMs = request.from ?? 0;
  const toMs = request.to === undefined ? MAX_START_MS : request.to - 1;
  // A source's or rollup's cursor is a start: another has been refused as that of another request.
  const after = typeof cursor?.after === 'number' ? cursor.after : undefined;
  if (after === undefined) return { fromMs, toMs };
  return request.order === 'desc'
    ? { fromMs, toMs: Math.min(toMs, after - 1) }
    : { fromMs: Math.max(fromMs, after + 1), toMs };
}

export function isIn({ fromMs, toMs }: StartRange): (window: Pick<StoredWindow, 'start'>) => boolean {
  return ({ start }) => start >= fromMs && start <= toMs;
}

export function isAfter(start: number, other: number, descending: boolean): boolean {
  return descending ? start < other : start > other;
}
