// Telemetry as it comes, made an event or refused with a reason. Written by hand: it runs once an event, and a schema
// library costs as much as the parsing.
import type { EpochMs } from './brands.ts';
import type { TelemetryEvent } from './event.ts';
import {
  eventProblem,
  idProblem,
  setAsideDetail,
  sourceProblem,
  tagsProblem,
  timeProblem,
  typeProblem,
  valuesProblem,
} from './event-problems.ts';
import { isId, isObject, isSource, isTags, isTime, isType, isValues } from './event-rules.ts';
import type { ReasonCode } from './reason-codes.ts';
import { parseRfc3339 } from './rfc3339.ts';
import { sortValues } from './sort-values.ts';

const DEFAULT_TYPE = 'reading';
const NO_VALUES: Readonly<Record<string, number>> = Object.freeze({});
const NO_TAGS: Readonly<Record<string, string>> = Object.freeze({});

export interface ValidateOptions {
  /** The source its envelope states for it: the event may leave it out or repeat it, not contradict it. */
  readonly statedSource?: unknown;
  /** The candidate comes from valid UTF-8 without a backslash, so no text in it can hold half a surrogate pair. */
  readonly wellFormed?: boolean;
  /** Beyond that it is ASCII and holds no DEL: JSON has no other control character without a backslash. */
  readonly printable?: boolean;
  /** Names of states that the pipeline asks for; undefined: of none. */
  readonly states?: ReadonlySet<string> | undefined;
}

export type Validation =
  | {
      readonly kind: 'valid';
      readonly event: TelemetryEvent;
      /** Which of its values do not count, and why; undefined where all do. */
      readonly setAside: string | undefined;
    }
  | {
      readonly kind: 'invalid';
      readonly reason: ReasonCode;
      /** Where, what was found there, what was expected. */
      readonly detail: string;
      /** Who sent it, when that much of it is valid. */
      readonly source: string | undefined;
    };

/** An event's fields before anything is known of them. */
interface Candidate {
  readonly source?: unknown;
  readonly id?: unknown;
  readonly type?: unknown;
  readonly time?: unknown;
  readonly values?: unknown;
  readonly tags?: unknown;
}

/**
 * Checks a parsed JSON value against the rules of an event. The event takes over the candidate's own `tags`, and its
 * `values` where all are finite numbers: they are not copied. Never throws on what JSON can express.
 */
export function validateEvent(candidate: unknown, options: ValidateOptions = {}): Validation {
  if (!isObject(candidate)) return invalid('not-an-event', eventProblem(candidate), undefined);
  const { id, type, time, values, tags, source: ownSource }: Candidate = candidate;
  const { statedSource } = options;
  const checked = options.wellFormed !== true;

  const source = ownSource === undefined ? statedSource : ownSource;
  if (
    !isSource(source, options.printable === true) ||
    (statedSource !== undefined && source !== statedSource)
  ) {
    return invalid('source', sourceProblem(source, statedSource), undefined);
  }
  if (id !== undefined && !isId(id, checked)) return invalid('id', idProblem(id), source);
  if (type !== undefined && !isType(type, checked)) return invalid('type', typeProblem(type), source);
  const timeMs = typeof time === 'string' ? parseRfc3339(time) : time;
  if (!isTime(timeMs)) return invalid('time', timeProblem(time), source);
  if (values !== undefined && !isValues(values, checked)) return validateSorted(candidate, options);
  if (tags !== undefined && !isTags(tags, checked)) return invalid('tags', tagsProblem(tags), source);
  const event = completeEvent({ source, id, type, time: timeMs, values, tags });
  return { kind: 'valid', event, setAside: undefined };
}

/** Validates an event that is valid except that not all of its values are numbers. */
function validateSorted(
  candidate: Candidate & { readonly values?: unknown },
  options: ValidateOptions,
): Validation {
  const { values, source = options.statedSource } = candidate;
  const sorted = sortValues(values, options.wellFormed !== true, options.states);
  if (sorted === undefined)
    return invalid('values', valuesProblem(values), typeof source === 'string' ? source : undefined);
  const validation = validateEvent({ ...candidate, values: sorted.values }, options);
  if (validation.kind === 'invalid') return validation;
  const { setAside, states } = sorted;
  return {
    kind: 'valid',
    event: states === undefined ? validation.event : { ...validation.event, states },
    setAside: setAside.length === 0 ? undefined : setAsideDetail(setAside),
  };
}

/** Fields that have been checked. */
interface EventFields {
  readonly source: string;
  readonly id: string | number | undefined;
  readonly type: string | undefined;
  readonly time: EpochMs;
  readonly values: Readonly<Record<string, number>> | undefined;
  readonly tags: Readonly<Record<string, string>> | undefined;
}

/** Fills in defaults. */
export function completeEvent({ source, id, type, time, values, tags }: EventFields): TelemetryEvent {
  return {
    source,
    id: typeof id === 'number' ? id + 0 : id, // -0 is 0
    type: type === undefined ? DEFAULT_TYPE : type,
    time: time + 0,
    values: values === undefined ? NO_VALUES : values,
    tags: tags === undefined ? NO_TAGS : tags,
  };
}

function invalid(reason: ReasonCode, detail: string, source: string | undefined): Validation {
  return { kind: 'invalid', reason, detail, source };
}
