// Earlier windows of a subject: start and value of the latest ones, limited by age and number, in a few bytes each.
import type { ByteReader } from '../byte-reader.ts';
import type { ByteWriter } from '../byte-writer.ts';
import type { AlertCondition, AlertRule } from './alert-rule.ts';

/** In order of start, each start once. */
export type WindowHistory = readonly PastValue[];

export interface PastValue {
  readonly start: number;
  /** In single precision: it is only compared with, and never shown. */
  readonly value: number;
}

/** Most values in an alert's item: seven bytes each, about 5 KB. Two weeks of half-hours, or four of hours. */
const MAX_VALUES = 672;

/** Adds the value of the latest window, or a newer value of it. */
export function remember(
  history: WindowHistory,
  { start, value }: PastValue,
  { when }: Pick<AlertRule, 'when'>,
): WindowHistory {
  const keep = keptBy(when);
  if (keep === undefined) return history;
  const past = { start, value: rounded(value) };
  const last = history.at(-1);
  if (last?.start === start) return last.value === past.value ? history : [...history.slice(0, -1), past];
  // If windows are shorter than `everyMs`, one is kept for each such span: thinning keeps the spread of the values, which averaging
  // would lose.
  if (last !== undefined && Math.floor(start / keep.everyMs) === Math.floor(last.start / keep.everyMs))
    return history;
  const from = history.findIndex((entry) => entry.start >= start - keep.ageMs);
  return [...(from < 0 ? [] : history.slice(Math.max(from, history.length + 1 - keep.values))), past];
}

interface Keep {
  readonly values: number;
  readonly ageMs: number;
  readonly everyMs: number;
}

function keptBy(when: AlertCondition): Keep | undefined {
  switch (when.kind) {
    case 'changes':
      return { values: when.over + 1, ageMs: Number.POSITIVE_INFINITY, everyMs: 1 };
    case 'deviates':
      return {
        values: MAX_VALUES,
        ageMs: when.historyMs,
        everyMs: Math.max(1, Math.ceil(when.historyMs / MAX_VALUES)),
      };
    default:
      return undefined;
  }
}

export function writeHistory(writer: ByteWriter, history: WindowHistory): void {
  const first = history[0]?.start ?? 0;
  const unit = history.reduce((common, { start }) => commonUnit(common, start - first), 0) || 1;
  writer.varint(history.length);
  writer.signed(first);
  writer.varint(unit);
  let before = first;
  for (const { start, value } of history) {
    writer.varint((start - before) / unit);
    writer.number(value);
    before = start;
  }
}

export function readHistory(reader: ByteReader): WindowHistory {
  const length = reader.varint();
  let start = reader.signed();
  const unit = reader.varint();
  return Array.from({ length }, () => {
    start += reader.varint() * unit;
    return { start, value: reader.number() };
  });
}

const MAX_SINGLE = 3e38;

function rounded(value: number): number {
  return Math.fround(Math.min(MAX_SINGLE, Math.max(-MAX_SINGLE, value)));
}

/** The greatest common divisor; 0 is ignored. */
export function commonUnit(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
