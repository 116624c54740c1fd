// The door's templates come out right whatever API Gateway's answers to open questions are.
import { describe, expect, it } from 'vitest';
import { REFUSED_TEMPLATE, requestTemplate } from '../../../cdk/constructs/events-templates.ts';
import { renderTemplate } from '../../../src/local-stack/gateway/mapping-template.ts';
import { MAX_EVENTS_PER_REQUEST } from '../../../src/platform/door.ts';

const NOTHING = { params: { path: {}, querystring: {}, header: {} }, stageVariables: {} };
const EVENT = { id: 1, time: 5 };

function streamOf(body: unknown, jsonOfNothing: '""' | ''): string {
  const authorizer = { source: 'sensor-17', sourceJson: '"sensor-17"' };
  const { text } = renderTemplate(requestTemplate('telemetry'), {
    ...NOTHING,
    body: JSON.stringify(body),
    context: { authorizer },
    answers: { jsonOfNothing },
  });
  return JSON.parse(text).StreamName;
}

describe.each(['""', ''] as const)('where $input.json of nothing writes %j', (jsonOfNothing) => {
  it.each([
    ['an event', EVENT],
    ['an event with its own source', { ...EVENT, source: 'sensor-17' }],
    ['events', [EVENT, { ...EVENT, source: 'sensor-17' }]],
    ['an envelope', { events: [EVENT] }],
    ['an envelope with its source', { source: 'sensor-17', events: [EVENT] }],
    ['as many events as may be', Array.from({ length: MAX_EVENTS_PER_REQUEST }, () => EVENT)],
  ])('%s goes into the stream', (_, body) => {
    expect(streamOf(body, jsonOfNothing)).toBe('telemetry');
  });

  it.each([
    ['an event of another source', { ...EVENT, source: 'other' }, 'source'],
    ['one among its own', [EVENT, { ...EVENT, source: 'other' }], 'source'],
    ['an envelope of another source', { source: 'other', events: [EVENT] }, 'source'],
    [
      'one within its own envelope',
      { source: 'sensor-17', events: [{ ...EVENT, source: 'other' }] },
      'source',
    ],
    // A validator may pass over the schema's bounds of lists.
    ['too many events', Array.from({ length: MAX_EVENTS_PER_REQUEST + 1 }, () => EVENT), 'count'],
    ['too many in an envelope', { events: Array.from({ length: 2_000 }, () => EVENT) }, 'count'],
    ['no events', [], 'count'],
  ])('%s does not', (_, body, why) => {
    expect(streamOf(body, jsonOfNothing)).toBe(`tidemill-refused-${why}`);
  });
});

describe('the answer to what the service refuses', () => {
  const answerTo = (answer: object) =>
    renderTemplate(REFUSED_TEMPLATE, { ...NOTHING, body: JSON.stringify(answer), context: {} });

  it.each([
    ['source', 403],
    ['count', 400],
    ['size', 413],
  ])('tells what the request template refused: %s', (why, status) => {
    const rendered = answerTo({
      __type: 'AccessDeniedException',
      message: `stream/tidemill-refused-${why} is`,
    });
    expect([rendered.status, JSON.parse(rendered.text)]).toEqual([
      status,
      {
        message: 'refused',
        where: expect.any(String),
        found: expect.any(String),
        expected: expect.any(String),
      },
    ]);
  });

  it('says when to try again', () => {
    const { status, headers } = answerTo({ __type: 'ProvisionedThroughputExceededException' });
    expect({ status, headers }).toEqual({ status: 429, headers: { 'Retry-After': '1' } });
  });
});
