// Events as broken firmware sends them: each breaks one rule of the event, and keeps its source.
import type { JsonObject } from '../client/event-input.ts';
import type { Random } from './random.ts';

export function malform(event: JsonObject & { readonly source: string }, random: Random): typeof event {
  return { ...event, ...random.pick(BROKEN_FIELDS) };
}

const BROKEN_FIELDS: readonly JsonObject[] = [
  { time: 'yesterday' },
  { time: null },
  { time: -1 },
  { values: 'warm' },
  { values: [21.5, 40] },
  { tags: ['harbour'] },
  { tags: { site: 7 } },
  { type: '' },
  { id: '#'.repeat(65) },
];
