import type { StoredState } from './source-states.ts';

/**
 * Mark of a fence behind the changes of a source so far. A note of a passed fence never goes back to an earlier one: whoever sets fences makes
 * marks that rise with time.
 */
export function fenceMark({ version }: Pick<StoredState, 'version'>, nowMs: number): string {
  return `${String(Math.floor(nowMs)).padStart(15, '0')}.${String(version).padStart(12, '0')}`;
}

/** When the fence was put up. */
export function fencedMs(mark: string): number {
  return Number.parseInt(mark, 10);
}
