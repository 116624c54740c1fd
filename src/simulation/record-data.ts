// A planned record as the bytes a producer puts.
import { gzipSync } from 'node:zlib';
import { type PlannedEvent, type PlannedRecord, type Poison, TOO_LARGE } from './plan.ts';

export function recordData(record: PlannedRecord): Uint8Array {
  if ('poison' in record) return POISON[record.poison];
  const bytes = Buffer.from(JSON.stringify(bodyOf(record)).replaceAll(JSON.stringify(TOO_LARGE), '1e999'));
  return record.gzip === true ? gzipSync(bytes, { level: 1 }) : bytes;
}

const POISON: Readonly<Record<Poison, Uint8Array>> = {
  'not-json': Buffer.from('{"source":"a","time":'),
  gzip: gzipSync(Buffer.from('[]')).subarray(0, 12),
  'not-utf8': Buffer.from([0x7b, 0xff, 0xfe, 0x7d]),
  'not-an-event': Buffer.from('42'),
};

function bodyOf({ form, events }: Extract<PlannedRecord, { readonly form: string }>): unknown {
  const [first] = events;
  if (form === 'event' && events.length === 1 && first !== undefined) return eventBody(first);
  const sameSource = events.every(({ source }) => source === first?.source);
  if (form !== 'envelope' || first === undefined || !sameSource) return events.map(eventBody);
  return {
    source: first.source,
    events: events.map((event) => ({ ...eventBody(event), ...unstated(event) })),
  };
}

/** In an envelope an event leaves its source out, unless it is a broken one that contradicts. */
function unstated({ broken }: PlannedEvent): Readonly<Record<string, unknown>> {
  return broken !== undefined && 'source' in broken.fields ? {} : { source: undefined };
}

function eventBody({ broken, odd, states, ...event }: PlannedEvent): Readonly<Record<string, unknown>> {
  const isPlain = odd === undefined && states === undefined;
  const values = isPlain ? {} : { values: { ...event.values, ...odd, ...states } };
  return { ...event, ...values, ...broken?.fields };
}
