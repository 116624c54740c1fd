import type { WindowAnswer } from '../../wire/api/window-answer.ts';
import { formatTime } from './format.ts';

/** A window's state in words: whether more may come, and, if it holds only part of its events, since or until when it counts. */
export function stateOf({ final, partial }: Pick<WindowAnswer, 'final' | 'partial'>): string {
  return `${final ? 'final' : 'open'}${partOf(partial)}`;
}

/** Nothing where it holds all of them. */
export function partOf(partial: WindowAnswer['partial']): string {
  if (partial === undefined) return '';
  const since = partial.sinceMs === undefined ? '' : ` since ${formatTime(partial.sinceMs)}`;
  const until = partial.untilMs === undefined ? '' : ` until ${formatTime(partial.untilMs)}`;
  return `, partial${since}${until}`;
}
