// The HTTP door as the stack has it, under every answer to what is not known of API Gateway: each switch alone, and combinations of
// all that are drawn. What is accepted, what is refused, and what lands in the stream are the same.
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  LIKELY_ANSWERS,
  type OpenQuestions,
  POSSIBLE_ANSWERS,
} from '../../../src/local-stack/gateway/open-questions.ts';
import { MAX_EVENTS_PER_REQUEST } from '../../../src/platform/door.ts';
import { type DoorInProcess, doorInProcess, type Landed } from '../../support/door-in-process.ts';

const TIME = Date.parse('2026-11-24T11:59:00Z');
const EVENT = { time: TIME, values: { v: 1.5 } };
const many = (count: number, event: object = EVENT) => Array.from({ length: count }, () => event);
const json = JSON.stringify;

interface Asked {
  readonly body: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /** Default: the device's. */
  readonly token?: 'device' | 'relay' | 'made up' | 'none';
}

/** What the record holds that comes of it, but for its source. */
const GOOD: readonly (Asked & { readonly lands: object })[] = [
  { body: json(EVENT), lands: { events: [EVENT] } },
  { body: json({ ...EVENT, source: 'device-1' }), lands: { events: [{ ...EVENT, source: 'device-1' }] } },
  ...[7, '7', 'é/"\\\u2028💧'].map((id) => ({
    body: json({ ...EVENT, id }),
    lands: { events: [{ ...EVENT, id }] },
  })),
  {
    body: '{"time":1764000000000,"values":{"a":1.0,"b":1e10,"c":-0.0,"d":1E-7,"e":0.1,"f":9007199254740993}}',
    lands: {
      events: [{ time: 1764000000000, values: { a: 1, b: 1e10, c: -0, d: 1e-7, e: 0.1, f: 2 ** 53 } }],
    },
  },
  {
    body: json({ ...EVENT, values: { v: null, on: true, bad: 'a/b' }, tags: { site: "o'hare", none: '' } }),
    lands: {
      events: [{ ...EVENT, values: { v: null, on: true, bad: 'a/b' }, tags: { site: "o'hare", none: '' } }],
    },
  },
  {
    body: json({ ...EVENT, more: { $who: ['#if', null, {}] } }),
    lands: { events: [{ ...EVENT, more: { $who: ['#if', null, {}] } }] },
  },
  {
    body: json([EVENT, { ...EVENT, source: 'device-1' }]),
    lands: { events: [EVENT, { ...EVENT, source: 'device-1' }] },
  },
  { body: json({ events: [EVENT] }), lands: { events: [EVENT] } },
  { body: json({ source: 'device-1', events: [EVENT, EVENT] }), lands: { events: [EVENT, EVENT] } },
  { body: json(many(MAX_EVENTS_PER_REQUEST)), lands: { events: many(MAX_EVENTS_PER_REQUEST) } },
  ...['application/json; charset=utf-8', 'Application/JSON', undefined].map((type) => ({
    body: json(EVENT),
    headers: { 'Content-Type': type },
    lands: { events: [EVENT] },
  })),
  {
    body: json(EVENT),
    path: '/v1/relay/events',
    token: 'relay',
    headers: { 'Tidemill-Source': 'device-1' },
    lands: { events: [EVENT] },
  },
  ...[{ end_device_ids: { device_id: 'd/1' }, n: null }, [{ v: 1 }, null]].map((document) => ({
    body: json(document),
    path: '/v1/events/ttn',
    lands: { document, route: 'ttn' },
  })),
  ...[
    ['text/plain', 'm,host="é" v=1 5\nm v=2 6'],
    ['text/plain; version=0.0.4; charset=utf-8', '# TYPE a gauge\na{x="}"} 1\n'],
    ['application/x-www-form-urlencoded', 'PASSKEY=a&dateutc=2026-03-01+08%3A00%3A00&tempf=50.1'],
    ['text/csv', 'time,a\r\n5,#set($who = "x")'],
    ['application/x-ndjson', '{"v":1}\n{"v":2}'],
    ['application/cloudevents+json', '{"specversion":"1.0","source":"other"}'],
    ['application/senml+json', '[{"n":"a","v":1e400}'],
  ].map(([type, body = '']) => ({
    body,
    path: '/v1/events/ttn',
    headers: { 'Content-Type': type },
    lands: { document: Buffer.from(body).toString('base64'), route: 'ttn' },
  })),
];

/** Requests that are refused: nothing of them lands. */
const BAD: readonly Asked[] = [
  ...['', '{}', '[]', '5', 'null', '"text"', 'text', '{"time":', '[{]', '{"events":[]}', '{"events":null}'],
  ...[{ values: { v: 1 } }, { time: 'noon', values: {} }, { ...EVENT, source: 'other' }],
  ...[
    { ...EVENT, source: '' },
    { ...EVENT, source: 5 },
    { ...EVENT, id: 1.5 },
    { ...EVENT, values: [1] },
  ],
  ...[[EVENT, { ...EVENT, source: 'other' }], [EVENT, {}], [EVENT, null], [[EVENT]]],
  { source: 'other', events: [EVENT] },
  { events: [{ ...EVENT, source: 'other' }] },
  { events: [EVENT, { ...EVENT, source: 'other' }] },
  { ...EVENT, events: [EVENT] },
  many(MAX_EVENTS_PER_REQUEST + 1),
  many(1_001),
  [...many(1_000), { ...EVENT, source: 'other' }],
  { events: many(1_001) },
  many(MAX_EVENTS_PER_REQUEST, { ...EVENT, tags: { long: 'x'.repeat(255), longer: 'y'.repeat(255) } }),
].map((body) => ({ body: typeof body === 'string' ? body : json(body) }));

const REFUSED: readonly Asked[] = [
  ...BAD,
  ...BAD.map((asked) => ({ ...asked, headers: { 'Content-Type': 'application/json; charset=utf-8' } })),
  ...['text/plain', 'application/x-ndjson', 'application/vnd.api+json'].map((type) => ({
    body: json(EVENT),
    headers: { 'Content-Type': type },
  })),
  { body: json(EVENT), token: 'none' },
  { body: json(EVENT), token: 'made up' },
  { body: json(EVENT), token: 'relay' },
  { body: json(EVENT), path: '/v1/relay/events', token: 'relay', headers: { 'Tidemill-Source': 'other' } },
  { body: json(EVENT), path: '/v1/relay/events', token: 'relay' },
  { body: json(EVENT), path: '/v1/event' },
  ...['5', 'text', '"text"', '{}', '[]', '', '{"v":', '[{]'].map((body) => ({
    body,
    path: '/v1/events/ttn',
  })),
  ...['', '{}', 'x'.repeat(256 * 1024)].map((body) => ({
    body,
    path: '/v1/events/ttn',
    headers: { 'Content-Type': 'text/plain' },
  })),
  ...['application/octet-stream', 'application/xml', 'application/vnd.api+json'].map((type) => ({
    body: json(EVENT),
    path: '/v1/events/ttn',
    headers: { 'Content-Type': type },
  })),
];

let door: DoorInProcess;
let tokens: Readonly<Record<NonNullable<Asked['token']>, string | undefined>>;

beforeAll(async () => {
  door = doorInProcess({ routes: ['ttn'] });
  tokens = {
    device: await door.issue({ subject: 'device-1' }),
    relay: await door.issue({ use: 'relay', subject: 'gateway', sources: ['device-1'] }),
    'made up': 'made.up.token',
    none: undefined,
  };
});

async function outcomesUnder(answers: Partial<OpenQuestions>, all: readonly Asked[]) {
  const { post, landed } = door.under(answers);
  const outcomes: { readonly asked: string; readonly status: number; readonly lands: readonly Landed[] }[] =
    [];
  for (const { body, path = '/v1/events', headers = {}, token = 'device' } of all) {
    const { status } = await post({ body, path, headers, token: tokens[token] });
    const asked = `${token} ${path} ${json(headers)} ${body.slice(0, 120)}`;
    outcomes.push({ asked, status, lands: landed() });
  }
  return outcomes;
}

async function expectAlike(answers: Partial<OpenQuestions>): Promise<void> {
  const good = await outcomesUnder(answers, GOOD);
  const lost = good.filter(({ status, lands }, at) => {
    const expected = [{ key: 'device-1', record: { ...GOOD[at]?.lands, source: 'device-1' } }];
    return status !== 200 || !isDeepStrictEqual(lands, expected);
  });
  expect(lost).toEqual([]);
  const refused = await outcomesUnder(answers, REFUSED);
  const accepted = refused.filter(({ status, lands }) => status < 400 || status >= 500 || lands.length > 0);
  expect(accepted).toEqual([]);
}

const SWITCHED = (Object.keys(POSSIBLE_ANSWERS) as (keyof OpenQuestions)[]).flatMap((question) =>
  POSSIBLE_ANSWERS[question]
    .filter((answer) => answer !== LIKELY_ANSWERS[question])
    .map((answer) => [question, { [question]: answer }] as const),
);

describe('the HTTP door takes and refuses the same, and the same lands in the stream', () => {
  it('as API Gateway is taken to be', () => expectAlike({}));

  it.each(SWITCHED)('where `%s` is otherwise', (_, answers) => expectAlike(answers));

  it('under any combination', async () => {
    const each = Object.entries(POSSIBLE_ANSWERS).map(([name, all]) => [
      name,
      fc.constantFrom<unknown>(...all),
    ]);
    const combination: fc.Arbitrary<Partial<OpenQuestions>> = fc.record(Object.fromEntries(each));
    await fc.assert(fc.asyncProperty(combination, expectAlike), { numRuns: 10 });
  });

  it.each([
    ['last', '{"source":"other","source":"device-1","time":1795521540000,"values":{"v":1}}'],
    ['first', '{"source":"device-1","source":"other","time":1795521540000,"values":{"v":1}}'],
  ] as const)(
    'of a member that stands twice the %s one may count, and nothing lands for another',
    async (which, body) => {
      const own = {
        key: 'device-1',
        record: { events: [{ ...EVENT, values: { v: 1 }, source: 'device-1' }], source: 'device-1' },
      };
      for (const duplicateMember of POSSIBLE_ANSWERS.duplicateMember) {
        const [outcome] = await outcomesUnder({ duplicateMember }, [{ body }]);
        const taken = duplicateMember === which;
        expect(outcome).toMatchObject({ status: taken ? 200 : 403, lands: taken ? [own] : [] });
      }
    },
  );
});
