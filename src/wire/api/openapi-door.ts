// The HTTP door in the OpenAPI document: where events go in, in their own form and, by routes that shapes ask for, in others.
import { requestSchema } from '../../core/event-schema.ts';
import { ENCODED_TYPES } from '../../core/shape/route-content-types.ts';
import type { Shape } from '../../core/shape/shape.ts';

export interface DoorOutline {
  /** Names of the routes that shapes ask for. */
  readonly routes: readonly string[];
  /** In one request. */
  readonly maxEvents: number;
}

/** Names of the routes that a pipeline's shapes ask for, each once, in order. */
export function routesOf(shapes: readonly Shape[]): readonly string[] {
  const routes = shapes.flatMap(({ when }) => when.flatMap(({ route }) => route ?? []));
  return [...new Set(routes)].sort();
}

/** Paths for devices and for relays; those of routes take any JSON object or list. */
export function doorPaths({ routes }: DoorOutline): Readonly<Record<string, object>> {
  const doors = [
    { path: '/v1/events', who: 'a device', security: 'device' },
    { path: '/v1/relay/events', who: 'a relay', security: 'relay' },
  ] as const;
  const paths = doors.flatMap(({ path, who, security }) => [
    [
      path,
      {
        post: operation(`post${NAMES[security]}`, `Puts events of ${who} into the stream`, security, EVENTS),
      },
    ],
    ...routes.map((route) => [
      `${path}/${route}`,
      {
        post: operation(
          `post${NAMES[security]}-${route}`,
          `Puts a body in another form into the stream, for the shapes that ask for the route ${route}; its source is the token’s`,
          security,
          DOCUMENT,
          ENCODED_TYPES,
        ),
      },
    ]),
  ]);
  return Object.fromEntries(paths);
}

const NAMES = { device: 'Events', relay: 'RelayEvents' };

/** What a request may hold, with its definitions where an OpenAPI document has them. */
export function doorComponents({ maxEvents }: DoorOutline): Readonly<Record<string, unknown>> {
  const { definitions, $schema: _, title: __, ...request } = moved(requestSchema({ maxEvents }));
  return { ...prefixed(definitions as Readonly<Record<string, unknown>>), [`${PREFIX}request`]: request };
}

export const DOOR_SECURITY = {
  device: bearer('A device’s token: it says whose the events are'),
  relay: bearer('A relay’s token: it says for which sources events may be sent'),
};

const PREFIX = 'door-';
const EVENTS = { $ref: `#/components/schemas/${PREFIX}request` };
const DOCUMENT = { type: ['object', 'array'] };

function moved(schema: object): Readonly<Record<string, unknown>> {
  const text = JSON.stringify(schema).replaceAll('#/definitions/', `#/components/schemas/${PREFIX}`);
  return JSON.parse(text);
}

function prefixed(definitions: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(definitions).map(([name, schema]) => [`${PREFIX}${name}`, schema]),
  );
}

function bearer(description: string): object {
  return { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description };
}

function operation(
  operationId: string,
  summary: string,
  security: string,
  schema: object,
  texts: readonly string[] = [],
): object {
  const asText = Object.fromEntries(texts.map((type) => [type, { schema: { type: 'string' } }]));
  return {
    operationId,
    summary,
    security: [{ [security]: [] }],
    requestBody: { required: true, content: { 'application/json': { schema }, ...asText } },
    responses: {
      200: {
        description: 'The events are in the stream; no other answer means that',
        content: { 'application/json': { schema: STORED } },
      },
      ...Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [status, { description }]),
      ),
    },
  };
}

const STORED = {
  type: 'object',
  required: ['shardId', 'sequenceNumber'],
  properties: { shardId: { type: 'string' }, sequenceNumber: { type: 'string' } },
};

/** See docs/http.md. */
const REFUSALS = {
  400: 'The body is not what the schema says; nothing of it was stored',
  401: 'No token, or none that is valid here',
  403: 'What the token does not speak for',
  413: 'Too large',
  415: 'A content type that is not taken here',
  429: 'The stream or the plan is full: the same again after Retry-After seconds',
  503: 'There is trouble behind the door, or no answer: the same again after Retry-After seconds',
};
