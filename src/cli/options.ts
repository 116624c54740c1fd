// Option values that several commands parse alike.
import { InvalidArgumentError } from 'commander';
import { parseDurationMs } from '../core/duration.ts';

export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

export function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Expected a duration such as 45s, 30m or 2h.');
}

/** A moment: RFC 3339, ms since the epoch, or how long ago (`15m`). */
export function moment(text: string): number {
  const agoMs = parseDurationMs(text);
  if (agoMs !== undefined) return Date.now() - agoMs;
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError(
    'Expected a time such as 2026-03-01T12:00:00Z, ms since the epoch, or how long ago: 15m.',
  );
}
