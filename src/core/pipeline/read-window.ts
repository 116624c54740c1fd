// Reads the window of an aggregation.
import { CALENDAR_UNITS, WEEKDAYS } from '../calendar.ts';
import { parseDurationMs } from '../duration.ts';
import { isTimeZone } from '../time-zone.ts';
import type { WindowSpec } from '../window-spec.ts';
import { MAX_HOPS } from '../window-spec.ts';
import type { DefinitionReader } from './definition-reader.ts';

export function readWindow(entry: DefinitionReader): WindowSpec {
  const nothing: WindowSpec = { kind: 'tumbling', sizeMs: 1 };
  const window = entry.child('window', '{"tumbling": "60s"}');
  if (window === undefined) return nothing;
  window.onlyKeys([...WINDOW_KINDS, ...WINDOW_DETAILS]);
  const [kind = 'tumbling', ...others] = WINDOW_KINDS.filter((each) => window.has(each));
  if (others.length > 0) {
    window.problem('', `${window.found()}, expected one of ${WINDOW_KINDS.join(', ')}`);
    return nothing;
  }
  for (const key of WINDOW_DETAILS) {
    if (window.has(key) && !DETAILS_OF[kind].includes(key))
      window.problem(key, `found with ${kind}, expected it ${WHERE_DETAILS_BELONG[key]} only`);
  }
  if (kind === 'tumbling') return readTumbling(window);
  if (kind === 'calendar') return readCalendar(window);
  const child = window.child(kind);
  if (child === undefined) return nothing;
  if (kind === 'hopping') return readHopping(child, window);
  child.onlyKeys(['gap']);
  return { kind, gapMs: child.duration('gap', { least: 1 }) };
}

const WINDOW_KINDS = ['tumbling', 'hopping', 'calendar', 'session'] as const;
/** Keys beside the kind's own. */
const WINDOW_DETAILS = ['offset', 'timezone', 'weekStart'] as const;
const DETAILS_OF: Readonly<Record<(typeof WINDOW_KINDS)[number], readonly string[]>> = {
  tumbling: ['offset'],
  hopping: ['offset'],
  calendar: ['timezone', 'weekStart'],
  session: [],
};
const WHERE_DETAILS_BELONG: Readonly<Record<(typeof WINDOW_DETAILS)[number], string>> = {
  offset: 'with tumbling or hopping',
  timezone: 'beside calendar',
  weekStart: 'beside calendar',
};

function readTumbling(window: DefinitionReader): WindowSpec {
  const sizeMs = window.duration('tumbling', { least: 1 });
  return { kind: 'tumbling', sizeMs, ...readOffset(window, sizeMs, 'the size') };
}

/** Absent if it is 0: windows are the same as without the key. */
function readOffset(entry: DefinitionReader, beforeMs: number, what: string): { readonly offsetMs?: number } {
  const offsetMs = entry.duration('offset', { default: 0, least: 0 });
  if (offsetMs >= beforeMs && offsetMs > 0)
    entry.problem('offset', `found ${JSON.stringify(entry.raw('offset'))}, expected less than ${what}`);
  return offsetMs === 0 ? {} : { offsetMs };
}

function readCalendar(window: DefinitionReader): WindowSpec {
  const unit = window.text('calendar', CALENDAR_UNITS) ?? 'day';
  const timezone = window.text('timezone') ?? 'UTC';
  if (!isTimeZone(timezone)) {
    const found = JSON.stringify(timezone);
    window.problem('timezone', `found ${found}, expected an IANA name, e.g. "Europe/Berlin" or "UTC"`);
  }
  const weekday = window.text('weekStart', WEEKDAYS);
  if (weekday !== undefined && unit !== 'week')
    window.problem('weekStart', `found with a calendar of ${unit}, expected it with "week" only`);
  return { kind: 'calendar', unit, timezone, weekStart: WEEKDAYS.indexOf(weekday ?? 'monday') };
}

/** An offset stands beside the window, as with tumbling ones, or among the details. */
function readHopping(hopping: DefinitionReader, window: DefinitionReader): WindowSpec {
  hopping.onlyKeys(['size', 'every', 'offset']);
  const sizeMs = hopping.duration('size', { least: 1 });
  const everyMs = hopping.duration('every', { least: 1 });
  const [size, every] = [hopping.raw('size'), hopping.raw('every')];
  const areRead = parseDurationMs(size) === sizeMs && parseDurationMs(every) === everyMs;
  if (areRead && (everyMs > sizeMs || sizeMs > MAX_HOPS * everyMs)) {
    hopping.problem(
      'every',
      `found ${JSON.stringify(every)}, expected at most the size, ${JSON.stringify(size)}, and at least a ${MAX_HOPS}th of it`,
    );
  }
  if (hopping.has('offset') && window.has('offset'))
    window.problem('offset', 'found twice, expected it beside hopping or within it');
  const offset = readOffset(hopping.has('offset') ? hopping : window, everyMs, 'every');
  return { kind: 'hopping', sizeMs, everyMs, ...offset };
}
