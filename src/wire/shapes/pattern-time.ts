// A text by a pattern, as a moment: its own offset, or the zone the shape names.

import { MONTHS, type TimePattern } from '../../core/shape/time-pattern.ts';
import { fixedOffsetMinutes } from '../../core/shape/zone.ts';
import { DAY_MS, offsetMs } from '../../core/time-zone.ts';

const MAX_LENGTH = 64;

/** ms since the epoch; undefined for what is not of the pattern, or no date that exists. */
export function readPatternTime(
  found: unknown,
  pattern: TimePattern,
  zone: string | undefined,
): number | undefined {
  const text = typeof found === 'number' || typeof found === 'bigint' ? String(found) : found;
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  const match = pattern.matcher.exec(text.trim());
  if (match === null) return undefined;
  const read: Reading = {
    year: 1970,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    ms: 0,
    half: undefined,
    offset: undefined,
  };
  for (const [at, field] of pattern.fields.entries()) {
    const part = match[at + 1];
    if (part !== undefined) SETTERS[field](read, part.toLowerCase());
  }
  return momentOf(read, zone);
}

interface Reading {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  ms: number;
  half: string | undefined;
  offset: string | undefined;
}

const SETTERS: Readonly<Record<TimePattern['fields'][number], (read: Reading, part: string) => void>> = {
  year: (read, part) => {
    read.year = Number(part);
  },
  // As POSIX reads them: 69 to 99 are of the last century.
  shortYear: (read, part) => {
    read.year = Number(part) + (Number(part) < 69 ? 2000 : 1900);
  },
  month: (read, part) => {
    read.month = Number(part);
  },
  monthName: (read, part) => {
    read.month = MONTHS.indexOf(part.slice(0, 3)) + 1;
  },
  day: (read, part) => {
    read.day = Number(part);
  },
  hour: (read, part) => {
    read.hour = Number(part);
  },
  hour12: (read, part) => {
    read.hour = Number(part) % 12;
  },
  half: (read, part) => {
    read.half = part;
  },
  minute: (read, part) => {
    read.minute = Number(part);
  },
  second: (read, part) => {
    read.second = Number(part);
  },
  fraction: (read, part) => {
    read.ms = Number(part.padEnd(3, '0').slice(0, 3));
  },
  offset: (read, part) => {
    read.offset = part;
  },
  ignored: () => {},
};

function momentOf(read: Reading, zone: string | undefined): number | undefined {
  const hour = read.half === 'pm' ? read.hour + 12 : read.hour;
  if (hour > 23 || read.minute > 59 || read.second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(read.year, read.month - 1, read.day);
  if (date.getUTCMonth() !== read.month - 1 || date.getUTCDate() !== read.day) return undefined;
  const localMs = date.getTime() + ((hour * 60 + read.minute) * 60 + read.second) * 1000 + read.ms;
  const stated = read.offset ?? zone;
  if (stated === undefined) return undefined;
  const minutes = fixedOffsetMinutes(stated);
  return minutes === undefined ? inZone(localMs, stated) : localMs - minutes * 60_000;
}

/** The earlier of two moments where clocks are set back; as if they had not yet been where they are set forward. */
function inZone(localMs: number, zone: string): number {
  const before = localMs - offsetMs(zone, localMs - DAY_MS);
  const after = localMs - offsetMs(zone, localMs + DAY_MS);
  const fits = [before, after].filter((moment) => moment + offsetMs(zone, moment) === localMs);
  return fits.length === 0 ? before : Math.min(...fits);
}
