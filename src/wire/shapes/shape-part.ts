// A part of a document as an event, by its shape; or why it is not an event.
import { createHash } from 'node:crypto';
import { EVENT_LIMITS } from '../../core/event-limits.ts';
import type { ShapePart } from '../../core/shape/shape.ts';
import { type Validation, validateEvent } from '../../core/validate-event.ts';
import type { Scope } from './scope.ts';
import { shortName } from './short-name.ts';
import { type Notes, takeTags, takeValues } from './take-values.ts';
import { asText, fieldOf } from './text-of.ts';
import { statesNoZone, timeOf } from './time-of.ts';

/** The event's fields as the shape finds them, not yet judged; `timeProblem` where there is no time. */
export interface ShapedCandidate {
  readonly source: unknown;
  readonly id: unknown;
  readonly type: unknown;
  readonly time: unknown;
  readonly values: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>> | undefined;
}

export interface ShapedPart {
  readonly candidate: ShapedCandidate;
  readonly timeProblem: string | undefined;
  /** What it says of states that the pipeline asks for. */
  readonly states: Readonly<Record<string, string>> | undefined;
  /** Values that one event has no room for, in lots that one has. */
  readonly further: readonly Readonly<Record<string, number>>[];
}

export function shapePart(part: ShapePart, scope: Scope, notes: Notes): ShapedPart {
  const time = timeOf(part.time, scope);
  if (notes.onZone !== undefined && statesNoZone(part.time, scope)) notes.onZone(part.time.zone ?? '');
  const { lots, states } = takeValues(part, scope, notes);
  const [values = {}, ...further] = lots;
  const candidate = {
    source: scope.record.statedSource ?? asText(fieldOf(part.source, scope)),
    id: part.id === undefined || part.id.length === 0 ? undefined : idOf(fieldOf(part.id, scope)),
    type: part.type === undefined || part.type.length === 0 ? undefined : typeOf(fieldOf(part.type, scope)),
    time: 'timeMs' in time ? time.timeMs : undefined,
    values,
    tags: takeTags(part, scope, notes),
  };
  return { candidate, timeProblem: 'problem' in time ? time.problem : undefined, states, further };
}

/** As for an event in its own form, with what the shape knows of the time. */
export function judge({ candidate, timeProblem, states }: ShapedPart): Validation {
  const validation = validateEvent(candidate, {});
  if (validation.kind === 'valid' && states !== undefined)
    return { ...validation, event: { ...validation.event, states } };
  if (timeProblem === undefined || validation.kind === 'valid' || validation.reason !== 'time')
    return validation;
  return { ...validation, detail: `time: ${timeProblem}` };
}

export function typeOf(found: unknown): unknown {
  const type = asText(found);
  return typeof type === 'string' ? shortName(type, EVENT_LIMITS.typeLength) : type;
}

export function idOf(found: unknown): unknown {
  const id = typeof found === 'number' && Number.isSafeInteger(found) ? found : asText(found);
  return typeof id === 'string' ? shortId(id) : id;
}

/** An id too long to be remembered is known by its hash: 160 bits of SHA-256. */
export function shortId(id: string): string {
  if (id.length <= EVENT_LIMITS.idLength) return id;
  return createHash('sha256').update(id).digest('hex').slice(0, 40);
}
