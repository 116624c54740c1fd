// The door's templates come out right whatever API Gateway's answers to open questions are.
import { describe, expect, it } from 'vitest';
import {
  REFUSED_TEMPLATE,
  requestTemplate,
  routedTemplate,
  STORED_TEMPLATE,
} from '../../../cdk/constructs/events-templates.ts';
import { renderTemplate } from '../../../src/local-stack/gateway/mapping-template.ts';
import { type OpenQuestions, POSSIBLE_ANSWERS } from '../../../src/local-stack/gateway/open-questions.ts';
import { MAX_EVENTS_PER_REQUEST } from '../../../src/platform/door.ts';
import { templateInput } from '../../support/render-template.ts';

/** Those that a template can meet. */
const OF_TEMPLATES = [
  'nothingEqualsEmptyText',
  'jsonOfNothing',
  'jsonOfNull',
  'jsonOfEmptyBody',
  'duplicateMember',
  'numbersInJson',
  'slashInJson',
  'loopBeyondLimit',
  'nothingDiffersFromText',
  'unknownVariable',
  'hyphensInNames',
  'truth',
] as const satisfies readonly (keyof OpenQuestions)[];

type Answers = Partial<OpenQuestions>;

/** Every combination: 4,096. */
const COMBINATIONS: readonly Answers[] = OF_TEMPLATES.reduce<readonly Answers[]>(
  (made, question) =>
    made.flatMap((answers) =>
      POSSIBLE_ANSWERS[question].map((answer) => ({ ...answers, [question]: answer })),
    ),
  [{}],
);

const SOURCE = 'dock/17 "é"';
const EVENT = { id: 1, time: 5, values: { v: 1.5 } };
const AUTHORIZER = { source: SOURCE, sourceJson: JSON.stringify(SOURCE) };

interface Put {
  readonly StreamName: string;
  readonly PartitionKey: string;
  readonly Data: string;
}

function putOf(body: unknown, answers: Answers): Put {
  const input = templateInput(body, { context: { authorizer: AUTHORIZER }, answers });
  return JSON.parse(renderTemplate(requestTemplate('telemetry'), input).text);
}

describe('under every combination of answers to open questions', () => {
  it('covers both answers of each question that a template can meet', () => {
    expect(COMBINATIONS.length).toBe(2 ** OF_TEMPLATES.length);
  });

  it.each([
    ['an event', EVENT, [EVENT]],
    ['an event with its own source', { ...EVENT, source: SOURCE }, [{ ...EVENT, source: SOURCE }]],
    ['events', [EVENT, { ...EVENT, source: SOURCE }], [EVENT, { ...EVENT, source: SOURCE }]],
    ['an envelope', { events: [EVENT] }, [EVENT]],
    ['an envelope with its source', { source: SOURCE, events: [EVENT, EVENT] }, [EVENT, EVENT]],
  ])('%s goes into the stream, stamped with the token’s source', (_, body, events) => {
    for (const answers of COMBINATIONS) {
      const { StreamName, PartitionKey, Data } = putOf(body, answers);
      const record = JSON.parse(Buffer.from(Data, 'base64').toString('utf8'));
      expect({ StreamName, PartitionKey, record }, JSON.stringify(answers)).toEqual({
        StreamName: 'telemetry',
        PartitionKey: SOURCE,
        record: { events, source: SOURCE },
      });
    }
  });

  it.each([
    ['an event of another source', { ...EVENT, source: 'other' }, 'source'],
    ['one among its own', [EVENT, { ...EVENT, source: 'other' }], 'source'],
    ['an envelope of another source', { source: 'other', events: [EVENT] }, 'source'],
    ['one within its own envelope', { source: SOURCE, events: [{ ...EVENT, source: 'other' }] }, 'source'],
    ['no events', [], 'count'],
  ])('%s does not', (_, body, why) => {
    for (const answers of COMBINATIONS) {
      expect(putOf(body, answers).StreamName, JSON.stringify(answers)).toBe(`tidemill-refused-${why}`);
    }
  });

  const routed = (body: unknown, answers: Answers): Put => {
    const input = templateInput(body, { context: { authorizer: AUTHORIZER }, answers });
    return JSON.parse(renderTemplate(routedTemplate('telemetry', 'ttn'), input).text);
  };

  it.each([
    ['an object', { end_device_ids: { device_id: 'd' }, n: null, 'a"b': ['}', '"source":"x"'] }],
    ['a list', [{ v: 1 }, { v: 2 }]],
    ['what looks like the record', { document: {}, route: 'other', source: 'other' }],
  ])('%s in another form goes into the stream as it is, with its route and the token’s source', (_, body) => {
    for (const answers of COMBINATIONS) {
      const { StreamName, PartitionKey, Data } = routed(body, answers);
      const record = JSON.parse(Buffer.from(Data, 'base64').toString('utf8'));
      expect({ StreamName, PartitionKey, record }, JSON.stringify(answers)).toEqual({
        StreamName: 'telemetry',
        PartitionKey: SOURCE,
        record: { document: body, route: 'ttn', source: SOURCE },
      });
    }
  });

  it.each([
    ['a text', 'text', 'form'],
    ['a number', 5, 'form'],
    ['nothing in an object', {}, 'form'],
    ['nothing in a list', [], 'form'],
    ['too much', { v: 'x'.repeat(270_000) }, 'size'],
  ])('%s in another form does not', (_, body, why) => {
    const tried = why === 'size' ? COMBINATIONS.slice(0, 4) : COMBINATIONS;
    for (const answers of tried)
      expect(routed(body, answers).StreamName, JSON.stringify(answers)).toBe(`tidemill-refused-${why}`);
  });

  const many = (length: number) => Array.from({ length }, () => ({ time: 5, source: SOURCE }));
  const FEW = COMBINATIONS.filter((_, i) => i % 16 === 0);

  it.each([
    ['as many events as may be', many(MAX_EVENTS_PER_REQUEST), 'telemetry'],
    // A validator may pass over the schema's bounds of lists; a loop over these may end early, or fail.
    ['too many events', many(MAX_EVENTS_PER_REQUEST + 1), 'tidemill-refused-count'],
    ['too many in an envelope', { events: many(1_500) }, 'tidemill-refused-count'],
  ])('%s: the template counts by itself', (_, body, stream) => {
    const alone = OF_TEMPLATES.flatMap((question) =>
      POSSIBLE_ANSWERS[question].map((answer) => ({ [question]: answer })),
    );
    const tried = [...alone, ...FEW.slice(0, 32)];
    for (const answers of tried)
      expect(putOf(body, answers).StreamName, JSON.stringify(answers)).toBe(stream);
  });

  it('the answer to what the service refuses is JSON, with its status and when to try again', () => {
    const denied = (why: string) => ({
      __type: 'AccessDeniedException',
      message: `not authorized on resource: arn:aws:kinesis:r:a:stream/tidemill-refused-${why} because "no policy"`,
    });
    const cases = [
      [denied('source'), 403, {}],
      [denied('count'), 400, {}],
      [denied('form'), 400, {}],
      [denied('size'), 413, {}],
      [{ __type: 'ProvisionedThroughputExceededException' }, 429, { 'Retry-After': '1' }],
      [{ __type: 'ResourceNotFoundException' }, 503, { 'Retry-After': '5' }],
    ] as const;
    for (const answers of COMBINATIONS) {
      for (const [body, status, headers] of cases) {
        const rendered = renderTemplate(REFUSED_TEMPLATE, templateInput(body, { answers }));
        expect([rendered.status, rendered.headers], JSON.stringify(answers)).toEqual([status, headers]);
        expect(JSON.parse(rendered.text)).toHaveProperty('message');
      }
    }
  });

  it('the receipt is the record’s place', () => {
    const place = { ShardId: 'shardId-000000000001', SequenceNumber: '4968' };
    for (const answers of COMBINATIONS) {
      const { text } = renderTemplate(STORED_TEMPLATE, templateInput(place, { answers }));
      expect(JSON.parse(text)).toEqual({ shardId: place.ShardId, sequenceNumber: place.SequenceNumber });
    }
  });
});
