// The OpenAPI 3.1 document, made of the operations' own definitions, and of what the HTTP door takes.
import { problemSchema } from './answers.ts';
import type { OpenApiDocument } from './openapi-document.ts';
import { DOOR_SECURITY, type DoorOutline, doorComponents, doorPaths } from './openapi-door.ts';
import type { Operation } from './operations.ts';
import { OPERATIONS } from './operations.ts';
import type { Parameter } from './parameter.ts';
import type { JsonSchema } from './schema.ts';

/** `door`: what the HTTP door takes. */
export function openApiDocument(door: DoorOutline): OpenApiDocument {
  const components = new Map<string, unknown>();
  const paths = Object.entries<Operation>(OPERATIONS).map(([name, operation]) => [
    operation.path,
    { get: describeOperation(name, operation, components) },
  ]);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tidemill API',
      version: '1',
      description:
        'Windows, sources, rollups and the books: what is read may be asked for conditionally (ETag, If-None-Match). The door by which events go into the stream. Operators retire sources.',
    },
    paths: {
      ...Object.fromEntries(paths),
      [RETIREMENT]: { post: describeRetirement(components) },
      ...doorPaths(door),
    },
    components: {
      schemas: { ...Object.fromEntries(components), ...doorComponents(door) },
      securitySchemes: {
        reader: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A reader’s token; a device’s is refused',
        },
        operator: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An operator’s token; it reads nothing',
        },
        ...DOOR_SECURITY,
      },
    },
    security: [{ reader: [] }],
  };
}

/** `RETIREMENT_PATH` of src/platform/door.ts, which may not be read here. */
const RETIREMENT = '/v1/sources/{source}/retirement';

/** The one operation that changes something: of another function, and for another token. */
function describeRetirement(components: Map<string, unknown>): object {
  const problem = {
    'application/problem+json': { schema: componentOf(problemSchema.json, components) },
  };
  const { 400: bad, 401: nobody, 404: none, 503: busy } = REFUSALS;
  return {
    operationId: 'retireSource',
    summary:
      'Ends a source: its alerts resolve, what it has open is closed, its books stay. Repeating it is safe',
    security: [{ operator: [] }],
    parameters: [
      {
        name: 'source',
        in: 'path',
        description: 'The source’s name',
        required: true,
        schema: { type: 'string', minLength: 1, maxLength: 128 },
      },
    ],
    responses: {
      200: {
        description: 'The source is retired as of this moment; if it sends again, it counts as any other',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              properties: {
                source: { type: 'string' },
                retiredAt: { type: 'string', format: 'date-time' },
              },
              required: ['source', 'retiredAt'],
              additionalProperties: false,
            },
          },
        },
      },
      400: { description: bad, content: problem },
      401: { description: nobody },
      403: { description: 'The token is not an operator’s' },
      404: { description: none, content: problem },
      503: { description: busy, content: problem },
    },
  };
}

function describeOperation(name: string, operation: Operation, components: Map<string, unknown>): object {
  const { summary, parameters, answer, csv, mayMiss } = operation;
  const problem = {
    'application/problem+json': { schema: componentOf(problemSchema.json, components) },
  };
  const schema = answer === undefined ? { type: 'object' } : componentOf(answer.json, components);
  const refusals = { ...(mayMiss ? REFUSALS : without404()) };
  return {
    operationId: name,
    summary,
    parameters: [
      ...Object.entries(parameters).map(([key, parameter]) => describeParameter(key, parameter, components)),
      {
        name: 'If-None-Match',
        in: 'header',
        description: 'ETags of answers that the client has',
        schema: { type: 'string', maxLength: 1_000 },
      },
    ],
    responses: {
      200: {
        description: summary,
        headers: HEADERS,
        content: {
          'application/json': { schema },
          ...(csv ? { 'text/csv': { schema: { type: 'string' } } } : {}),
        },
      },
      304: { description: 'Not modified: the answer that the client has is current', headers: HEADERS },
      ...Object.fromEntries(
        Object.entries(refusals).map(([status, description]) => [
          status,
          // The first two are answered before the function is asked, in words of the API's own.
          status === '401' || status === '403' ? { description } : { description, content: problem },
        ]),
      ),
    },
  };
}

const HEADERS = {
  ETag: { schema: { type: 'string' } },
  'Cache-Control': { schema: { type: 'string' } },
};

const REFUSALS = {
  400: 'Invalid parameter: the problems say which, what was found and what was expected',
  401: 'No token, or an invalid one',
  403: 'The token is not a reader’s',
  404: 'Not found',
  406: 'The answer is not available in any form that the Accept header allows',
  503: 'Not available at the moment: ask again after Retry-After seconds',
};

function without404(): Partial<typeof REFUSALS> {
  const { 404: _, ...others } = REFUSALS;
  return others;
}

function describeParameter(
  name: string,
  parameter: Parameter<unknown>,
  components: Map<string, unknown>,
): object {
  return {
    name,
    in: parameter.in,
    description: parameter.description,
    required: parameter.in === 'path',
    schema: componentOf(parameter.json, components),
    ...(parameter.isList ? { style: 'form', explode: false } : {}),
  };
}

/** The schema with every named one in it moved to the components. */
function componentOf(schema: JsonSchema, components: Map<string, unknown>): object {
  const { title, items, properties, anyOf, ...rest } = schema;
  const written = {
    ...rest,
    ...(items === undefined ? {} : { items: componentOf(items, components) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((form) => componentOf(form, components)) }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, property]) => [name, componentOf(property, components)]),
          ),
        }),
  };
  if (title === undefined) return written;
  const known = components.get(title);
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(written)) {
    throw new Error(`API document: found two schemas named ${title}, expected one`);
  }
  components.set(title, written);
  return { $ref: `#/components/schemas/${title}` };
}
