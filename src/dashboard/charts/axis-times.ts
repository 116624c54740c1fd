// Times along an axis, in the reader's zone: the day where it changes, seconds only where the marks are that close.
import { formatTime } from '../data/format.ts';

export function axisTimes(_: unknown, splits: readonly number[]): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map((second, at) => {
    const ms = second * 1_000;
    const before = splits[at - 1];
    const isNewDay = before !== undefined && dayOf(before * 1_000) !== dayOf(ms);
    const time = formatTime(ms, { seconds: step > 0 && step < 60 });
    return isNewDay || step >= 86_400 ? formatTime(ms, { seconds: false, day: true }) : time;
  });
}

function dayOf(ms: number): number {
  return new Date(ms).getDate();
}
