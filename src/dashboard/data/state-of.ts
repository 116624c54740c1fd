import type { WindowAnswer } from '../../wire/api/window-answer.ts';
import { formatTime } from './format.ts';

/** Of a window, in words: whether more may come, and since or until when it counts where it holds a part of its events. */
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
