// The query API behind API Gateway: finds the operation, reads the request by its definition, answers as JSON or CSV with
// the headers that let a reader ask again for nothing new, and says of every refusal what was found and what expected.
import { createHash } from 'node:crypto';
import { MAX_EVENTS_PER_REQUEST } from '../../src/platform/door.ts';
import type { Problem } from '../../src/wire/api/answers.ts';
import { openApiDocument } from '../../src/wire/api/openapi.ts';
import { routesOf } from '../../src/wire/api/openapi-door.ts';
import type { AnswerOf, Operation, OperationName, RequestOf } from '../../src/wire/api/operations.ts';
import { OPERATIONS } from '../../src/wire/api/operations.ts';
import { readRequest } from '../../src/wire/api/read-request.ts';
import type { RestAnswer, RestEvent } from '../../src/wire/rest-event.ts';
import { pathParametersOf } from '../../src/wire/rest-event.ts';
import { writeCsv } from './csv.ts';
import { getLedger } from './get-ledger.ts';
import { getPipeline } from './get-pipeline.ts';
import { getSource } from './get-source.ts';
import { listAlerts } from './list-alerts.ts';
import { listRollupSeries } from './list-rollup-series.ts';
import { listRollupWindows } from './list-rollup-windows.ts';
import { listSourceWindows } from './list-source-windows.ts';
import { listSources } from './list-sources.ts';
import { negotiate } from './negotiate.ts';
import type { Answered, Outcome, Refused } from './outcome.ts';
import { badRequest, notFound } from './outcome.ts';
import type { QueryDeps } from './query-deps.ts';

type Handlers = {
  readonly [N in OperationName]: (request: RequestOf<N>, deps: QueryDeps) => Promise<Outcome<AnswerOf<N>>>;
};

const HANDLERS: Handlers = {
  listSources,
  getSource,
  listSourceWindows,
  getPipeline,
  listRollupSeries,
  listRollupWindows,
  listAlerts,
  getLedger,
  getOpenApi: async (_, { pipeline }) => ({
    kind: 'answer',
    body: openApiDocument({ routes: routesOf(pipeline.shapes), maxEvents: MAX_EVENTS_PER_REQUEST }),
    cacheControl: 'private, max-age=300',
  }),
};

export function createQuery(deps: QueryDeps): (event: RestEvent) => Promise<RestAnswer> {
  return async (event) => {
    const begunMs = deps.clock.nowMs();
    const answer = await answerTo(event, deps);
    const { statusCode } = answer;
    deps.meter.publish({
      requests: 1,
      unchanged: statusCode === 304 ? 1 : 0,
      refused: statusCode >= 400 && statusCode < 500 ? 1 : 0,
      failures: statusCode >= 500 ? 1 : 0,
      durationMs: deps.clock.nowMs() - begunMs,
    });
    return answer;
  };
}

async function answerTo(event: RestEvent, deps: QueryDeps): Promise<RestAnswer> {
  const name = operationOf(event);
  if (name === undefined) {
    const found = `${event.httpMethod} ${event.resource}`;
    const paths = Object.values(OPERATIONS).map(({ path }) => path);
    return writeRefusal(notFound({ where: 'path', found, expected: `GET on one of ${paths.join(', ')}` }));
  }
  const headers = new Map(
    Object.entries(event.headers ?? {}).map(([key, value]) => [key.toLowerCase(), value]),
  );
  const operation: Operation = OPERATIONS[name];
  const offered = operation.csv ? ['application/json', 'text/csv'] : ['application/json'];
  const type = negotiate(headers.get('accept'), offered);
  if (type === undefined) {
    const problem = {
      where: 'header.Accept',
      found: headers.get('accept') ?? '',
      expected: offered.join(' or '),
    };
    return writeRefusal({ ...badRequest([problem]), status: 406, title: 'Not Acceptable' });
  }
  const outcome = await run(name, event, deps);
  if (outcome.kind === 'refused') return writeRefusal(outcome);
  return writeAnswer(outcome, { type, ifNoneMatch: headers.get('if-none-match'), event });
}

async function run<N extends OperationName>(
  name: N,
  event: RestEvent,
  deps: QueryDeps,
): Promise<Outcome<unknown>> {
  const written = { path: pathParametersOf(event), query: event.multiValueQueryStringParameters ?? {} };
  const request = readRequest(name, written);
  if (request.kind === 'invalid') return badRequest(request.problems);
  try {
    return await HANDLERS[name](request.value, deps);
  } catch (error) {
    deps.log.error('request failed', { operation: name, reason: String(error) });
    return {
      kind: 'refused',
      status: 500,
      title: 'Internal Server Error',
      detail: `${name} failed: the function’s log says why. It is safe to ask again`,
    };
  }
}

function operationOf({ httpMethod, resource }: RestEvent): OperationName | undefined {
  if (httpMethod !== 'GET') return undefined;
  // The names are those of the table they come from.
  const names = Object.keys(OPERATIONS) as OperationName[];
  return names.find((name) => OPERATIONS[name].path === resource);
}

interface Asked {
  readonly type: string;
  readonly ifNoneMatch: string | undefined;
  readonly event: RestEvent;
}

function writeAnswer(outcome: Answered<unknown>, { type, ifNoneMatch, event }: Asked): RestAnswer {
  const { body, csv, next, cacheControl = 'private, no-cache' } = outcome;
  const isCsv = type === 'text/csv' && csv !== undefined;
  const text = isCsv ? writeCsv(csv) : JSON.stringify(body);
  const etag = `"${createHash('sha256')
    .update(text)
    .update(next ?? '')
    .digest('base64url')
    .slice(0, 22)}"`;
  const headers = { ETag: etag, 'Cache-Control': cacheControl, Vary: 'Accept, Authorization' };
  if (isMatch(ifNoneMatch, etag)) return { statusCode: 304, headers, body: '' };
  return {
    statusCode: 200,
    headers: {
      ...headers,
      'Content-Type': isCsv ? 'text/csv; charset=utf-8; header=present' : 'application/json',
      ...(next === undefined ? {} : { Link: `<${queryWith(event, next)}>; rel="next"` }),
    },
    body: text,
  };
}

/** Weakly, as If-None-Match is compared. */
function isMatch(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim());
  return tags.some((tag) => tag === '*' || tag.replace(/^W\//, '') === etag);
}

/** The same request from the cursor on, relative to it. */
function queryWith({ multiValueQueryStringParameters }: RestEvent, cursor: string): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(multiValueQueryStringParameters ?? {})) {
    for (const value of values) if (name !== 'cursor') query.append(name, value);
  }
  query.append('cursor', cursor);
  return `?${query}`;
}

/** RFC 9457. */
function writeRefusal({ status, title, detail, problems }: Refused): RestAnswer {
  const body: Problem = {
    type: `urn:tidemill:problem:${status}`,
    title,
    status,
    detail,
    ...(problems === undefined ? {} : { problems: [...problems] }),
  };
  return {
    statusCode: status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    },
    body: JSON.stringify(body),
  };
}
