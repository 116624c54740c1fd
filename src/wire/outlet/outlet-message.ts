// The outlet's messages: one for each fact, with an id that stays the same however often it is sent.

import type { Coordinates } from '../../core/event.ts';
import { parseRollupSeries, parseSourceSeries } from '../../core/series.ts';
import type { SeriesWindow } from '../../core/stored-window.ts';
import type { AlertEvent } from '../alert-event.ts';
import { type WindowAnswer, windowAnswer } from '../api/window-answer.ts';

export interface OutletMessage {
  readonly id: string;
  /** Messages with the same key are told in order: a series of windows, a source, a rule and what it watches. */
  readonly key: string;
  readonly body: OutletBody;
}

/** A message's JSON. Times are ms since the Unix epoch; ends are exclusive. */
export type OutletBody = WindowBody | LateBody | AlertBody;

interface WindowBody {
  readonly id: string;
  /** `window-final`: it will not change, unless a source comes late to a rollup: then it is told again, with a higher `revision`. */
  readonly kind: 'window-final' | 'window-provisional';
  readonly of: WindowOf;
  /** undefined: it has more than a message holds; the API has it. */
  readonly window: WindowAnswer | undefined;
}

type WindowOf =
  | {
      readonly source: string;
      readonly aggregation: string;
      readonly startMs: number;
      readonly endMs: number;
    }
  | {
      readonly rollup: string;
      readonly values: readonly (string | null)[];
      readonly startMs: number;
      readonly endMs: number;
    };

interface LateBody extends Omit<LateEvent, 'at'> {
  readonly id: string;
  readonly kind: 'late';
}

interface AlertBody {
  readonly id: string;
  readonly kind: 'alert';
  readonly transition: AlertEvent;
}

/**
 * `revision` is part of the id: a rollup window that became final, changed and became final again is told twice. So is where a window
 * was closed before its time: one of another kind may stand beside it with the same bounds.
 */
export function windowMessage(window: SeriesWindow): OutletMessage {
  const { series, start, end, final, revision, partial } = window;
  const kind = final ? 'window-final' : 'window-provisional';
  const cut = partial?.untilMs === undefined ? '' : `/until-${partial.untilMs}`;
  const id = `${kind}/${series}/${start}-${end}/${revision}${cut}`;
  const of = { ...nameOf(series), startMs: start, endMs: end };
  return bounded(series, { id, kind, of, window: windowAnswer(window) });
}

function nameOf(series: string) {
  const rollup = parseRollupSeries(series);
  if (rollup !== undefined) return { rollup: rollup.rollup, values: rollup.values };
  const { aggregation = '', source = series } = parseSourceSeries(series) ?? {};
  return { aggregation, source };
}

/** An event that was late: where its record stands in the stream is its id. */
export interface LateEvent {
  readonly at: Coordinates;
  readonly source: string | undefined;
  readonly arrivalMs: number;
  readonly detail: string;
  /** As it was sent; undefined: it has more than a message holds, and the dead letters have it. */
  readonly event: unknown;
}

export function lateMessage({ at, ...late }: LateEvent): OutletMessage {
  const id = `late/${at.shard}/${at.sequence}/${at.index}`;
  return bounded(late.source ?? id, { id, kind: 'late', ...late });
}

export function alertMessage(transition: AlertEvent): OutletMessage {
  const id = `alert/${transition.id}`;
  const key = transition.id.slice(0, transition.id.lastIndexOf('/'));
  return { id, key, body: { id, kind: 'alert', transition } };
}

/** An EventBridge entry holds 256 KB, a table item 400. */
const MAX_BODY_BYTES = 200_000;

function bounded(key: string, body: WindowBody | LateBody): OutletMessage {
  const whole = { id: body.id, key, body };
  if (Buffer.byteLength(JSON.stringify(body)) <= MAX_BODY_BYTES) return whole;
  return {
    ...whole,
    body: body.kind === 'late' ? { ...body, event: undefined } : { ...body, window: undefined },
  };
}
