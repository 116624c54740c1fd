// Why a record as a whole cannot be read.
import { quote } from '../core/describe-found.ts';
import { MAX_CONTAINERS } from './container-bound.ts';
import type { Refusal } from './decoded-item.ts';

/** Bounds the work and the dead letters that one record can make. Few events fit 100 bytes, and a record has 1 MiB. */
export const MAX_EVENTS_PER_RECORD = 10_000;

export function tooManyContainers(): Refusal {
  const detail = `data: found more than ${MAX_CONTAINERS} objects and arrays, expected at most that`;
  return { reason: 'too-large', detail };
}

export function tooLargeUnpacked(limit: number): Refusal {
  const detail = `data: found more than ${limit} bytes when all of it is unpacked, expected at most that`;
  return { reason: 'too-large', detail };
}

export function notJson(text: string, error: unknown): Refusal {
  if (!(error instanceof SyntaxError)) throw error;
  if (text === '') return { reason: 'not-json', detail: 'data: found nothing, expected JSON' };
  const detail = `data: found ${quote(text)}, expected JSON: ${quote(error.message)}`;
  return { reason: 'not-json', detail };
}

/** Says of a record that it holds too many events. */
export function tooMany(found: number): Refusal {
  const detail = `record: found ${found} events or more, expected at most ${MAX_EVENTS_PER_RECORD}`;
  return { reason: 'too-many-events', detail };
}
