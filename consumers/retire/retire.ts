// `POST /v1/sources/{source}/retirement`: ends a source, as `tidemill sources retire` does. An operator's token lets in here and nowhere
// else, and the function may mark a source and no more.
import { isSource } from '../../src/core/event-rules.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import { retireSource } from '../../src/stores/retire-source.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';
import type { Problem } from '../../src/wire/api/answers.ts';
import type { RestAnswer, RestEvent } from '../../src/wire/rest-event.ts';
import { pathParametersOf } from '../../src/wire/rest-event.ts';

export interface RetireDeps {
  readonly states: SourceStates;
  readonly log: Log;
  readonly meter: Meter;
  readonly nowMs: () => number;
}

/** Repeating a request is safe: the source is retired again, as of that moment. */
export function createRetire(deps: RetireDeps): (event: RestEvent) => Promise<RestAnswer> {
  return async (event) => {
    const answer = await answerTo(event, deps);
    const { statusCode } = answer;
    deps.meter.publish({
      requests: 1,
      retired: statusCode === 200 ? 1 : 0,
      refused: statusCode >= 400 && statusCode < 500 ? 1 : 0,
      failures: statusCode >= 500 ? 1 : 0,
    });
    return answer;
  };
}

async function answerTo(event: RestEvent, { states, log, nowMs }: RetireDeps): Promise<RestAnswer> {
  const source = sourceOf(event);
  if (source === undefined) {
    const found = JSON.stringify(pathParametersOf(event)['source'] ?? '');
    return refusal(400, 'Invalid parameter', {
      detail: `path.source: found ${found}, expected the name of a source, percent-encoded`,
    });
  }
  const atMs = nowMs();
  try {
    const outcome = await retireSource(source, { states, nowMs: atMs });
    switch (outcome.kind) {
      case 'retired':
        log.info('source retired', { source });
        return written(200, { source, retiredAt: new Date(atMs).toISOString() });
      case 'unknown':
        return refusal(404, 'Not Found', {
          detail: `path.source: found ${JSON.stringify(source)}, expected a source that has sent something`,
        });
      case 'busy':
        return refusal(503, 'Service Unavailable', {
          detail: `the source was written by others each of ${outcome.attempts} times: a source that is still sending cannot be retired`,
          headers: { 'Retry-After': '1' },
        });
    }
  } catch (error) {
    log.error('source not retired', { source, reason: String(error) });
    return refusal(500, 'Internal Server Error', {
      detail: 'the source could not be retired: the function’s log says why. It is safe to ask again',
    });
  }
}

function sourceOf(event: RestEvent): string | undefined {
  try {
    const source = decodeURIComponent(pathParametersOf(event)['source'] ?? '');
    return isSource(source) ? source : undefined;
  } catch {
    // no percent-encoding
    return undefined;
  }
}

/** RFC 9457. */
function refusal(
  status: 400 | 404 | 500 | 503,
  title: string,
  { detail, headers = {} }: { readonly detail: string; readonly headers?: Readonly<Record<string, string>> },
): RestAnswer {
  const problem: Problem = { type: `urn:tidemill:problem:${status}`, title, status, detail };
  return written(status, problem, { 'Content-Type': 'application/problem+json', ...headers });
}

function written(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): RestAnswer {
  return {
    statusCode,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}
