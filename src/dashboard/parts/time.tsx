// A moment: in the reader's zone, with UTC at hand.
import { formatAge, formatTime, formatUtc } from '../data/format.ts';

export function Time({
  atMs,
  seconds = true,
  day = true,
}: {
  readonly atMs: number;
  readonly seconds?: boolean;
  readonly day?: boolean;
}) {
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatUtc(atMs)}>
      {formatTime(atMs, { seconds, day })}
    </time>
  );
}

export function Age({ atMs, nowMs }: { readonly atMs: number; readonly nowMs: number }) {
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatUtc(atMs)}>
      {formatAge(atMs, nowMs)}
    </time>
  );
}
