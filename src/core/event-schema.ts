// JSON schemas (draft 4) of an event and of a request to the HTTP door, made from the same limits that `validateEvent` uses. A
// schema cannot express everything: what it accepts is checked again when it is read.
import { EVENT_LIMITS, MAX_TIME_MS } from './event-limits.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * What this refuses, `validateEvent` refuses too, with two exceptions: unknown members that are nested too deeply, and values
 * beyond the doubles (between the door and the stream they would become null, and not be reported as set aside).
 */
function eventSchema(): JsonSchema {
  return {
    type: 'object',
    required: ['time'],
    properties: eventProperties(),
    additionalProperties: nested(0),
  };
}

export interface RequestSchemaLimits {
  readonly maxEvents: number;
}

/**
 * An event, an array of events, or `{"source": …, "events": […]}`. One schema for the three, without `anyOf` around them, so that a
 * refusal names the wrong member. It has `definitions`: it must be at a schema's root.
 */
export function requestSchema({ maxEvents }: RequestSchemaLimits): JsonSchema {
  const events = { type: 'array', minItems: 1, maxItems: maxEvents, items: { $ref: '#/definitions/event' } };
  return {
    $schema: 'http://json-schema.org/draft-04/schema#',
    title: 'TelemetryRequest',
    definitions: { event: eventSchema(), ...nestedDefinitions() },
    type: ['object', 'array'],
    // If it is an array:
    minItems: 1,
    maxItems: maxEvents,
    items: { $ref: '#/definitions/event' },
    // If it is an object: an event has a time, an envelope has events, and nothing has both.
    properties: { ...eventProperties(), events },
    additionalProperties: nested(0),
    anyOf: [{ type: 'array' }, { required: ['time'] }, { required: ['events'] }],
    // The type is required too: for an array, everything required of an object holds trivially.
    not: { type: 'object', required: ['time', 'events'] },
  };
}

/** Regular expressions that mean the same by code units and by code points, because engines differ. */
const CHARACTER = '(?:[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]|[^\\uD800-\\uDFFF])';
const PRINTABLE = '(?:[\\uD800-\\uDBFF][\\uDC00-\\uDFFF]|[^\\u0000-\\u001F\\u007F-\\u009F\\uD800-\\uDFFF])';

function eventProperties(): JsonSchema {
  const { sourceLength, idLength, typeLength, values, valueNameLength, tags, tagNameLength, tagLength } =
    EVENT_LIMITS;
  return {
    source: { type: 'string', pattern: `^${PRINTABLE}{1,${sourceLength}}$` },
    id: {
      type: ['string', 'integer'],
      pattern: `^${CHARACTER}{1,${idLength}}$`,
      minimum: -Number.MAX_SAFE_INTEGER,
      maximum: Number.MAX_SAFE_INTEGER,
    },
    type: { type: 'string', pattern: `^${CHARACTER}{1,${typeLength}}$` },
    time: { type: ['integer', 'string'], minimum: 0, maximum: MAX_TIME_MS, pattern: DATE_TIME },
    values: {
      type: 'object',
      maxProperties: values,
      patternProperties: {
        // Anything that is not a number, true, false or null is set aside when it is read, and the event counts.
        [`^${CHARACTER}{1,${valueNameLength}}$`]: {
          minimum: -Number.MAX_VALUE,
          maximum: Number.MAX_VALUE,
          additionalProperties: nested(1),
          items: nested(1),
        },
      },
      additionalProperties: false,
    },
    tags: {
      type: 'object',
      maxProperties: tags,
      patternProperties: {
        [`^${CHARACTER}{1,${tagNameLength}}$`]: { type: 'string', pattern: `^${CHARACTER}{0,${tagLength}}$` },
      },
      additionalProperties: false,
    },
  };
}

/** RFC 3339, except for what needs a calendar. */
const DATE_TIME =
  '^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$';

/** How deep ignored members may be nested: parsers on the way have limits of their own. */
const UNKNOWN_DEPTH = 4;

function nested(depth: number): JsonSchema {
  return { $ref: `#/definitions/nested${depth}` };
}

function nestedDefinitions(): JsonSchema {
  const definitions = Array.from({ length: UNKNOWN_DEPTH + 1 }, (_, depth) => [
    `nested${depth}`,
    depth === UNKNOWN_DEPTH
      ? { not: { type: ['object', 'array'] } }
      : {
          additionalProperties: nested(depth + 1),
          items: nested(depth + 1),
        },
  ]);
  return Object.fromEntries(definitions);
}
