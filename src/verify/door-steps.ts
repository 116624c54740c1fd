// The HTTP door: what it takes, what it refuses, and in which words.
import { MAX_EVENTS_PER_REQUEST, MAX_REQUEST_RECORD_BYTES, SOURCE_HEADER } from '../platform/door.ts';
import { describeReply, deviceOf, eventOf, objectIn, type Place, type Reply, sourceOf } from './place.ts';
import { broken, HELD, type Outcome, type Step } from './step.ts';

const MAPPING =
  'the mapping template sees the request otherwise than here: compare docs/api-gateway.md, rules 1 to 18, and the door’s execution log';
const ACCESS = 'the door’s authorizer decides otherwise than here: anybody may post, or nobody';
const WORDS =
  'clients cannot tell the door’s own refusals from other people’s: gateway responses are mapped otherwise (rules 31, 48)';

export const DOOR_STEPS: readonly Step[] = [
  step(
    'door.event',
    'takes an event without a source from a device, with a receipt',
    MAPPING,
    async (place) => {
      const { post } = await deviceOf(place, 'event');
      return taken(await post(eventOf(place)));
    },
  ),
  step('door.array', 'takes a list of events', MAPPING, async (place) => {
    const { post } = await deviceOf(place, 'array');
    return taken(await post([eventOf(place), eventOf(place)]));
  }),
  step('door.envelope', 'takes events under one source, stated or not', MAPPING, async (place) => {
    const { source, post } = await deviceOf(place, 'envelope');
    const without = taken(await post({ events: [eventOf(place)] }));
    return without.kind === 'held'
      ? taken(await post({ source, events: [eventOf(place, { source })] }))
      : without;
  }),
  step(
    'door.charset',
    'takes JSON whose content type names a character set',
    'content types are compared whole (rule 32): clients that add `; charset=utf-8` are refused, or pass unchecked',
    async (place) => {
      const { post } = await deviceOf(place, 'charset');
      const type = { 'Content-Type': 'application/json; charset=utf-8' };
      const good = taken(await post(eventOf(place), type));
      return good.kind === 'held' ? refused(await post('{"no":"event"}', type), 400, 'body') : good;
    },
  ),
  step(
    'door.type',
    'refuses an event that says it is no JSON',
    'other content types pass the validator (rules 30, 33): unchecked bodies reach the stream',
    async (place) => {
      const { post } = await deviceOf(place, 'type');
      // What is no JSON may be refused for that before.
      return refused(
        await post(JSON.stringify(eventOf(place)), { 'Content-Type': 'application/x-www-form-urlencoded' }),
        415,
        'header Content-Type',
      );
    },
  ),
  step(
    'door.foreign-source',
    'refuses an event of another source, alone and among good ones',
    'a device can speak for another one',
    async (place) => {
      const { source, post } = await deviceOf(place, 'foreign');
      const other = eventOf(place, { source: `${source}-other` });
      const bodies = [
        other,
        [eventOf(place), other],
        { events: [other] },
        { source: `${source}-other`, events: [eventOf(place)] },
      ];
      return await first(bodies, async (body) => refused(await post(body), 403, 'source'));
    },
  ),
  step(
    'door.bad-events',
    'refuses bodies that are no events, in JSON of its own',
    `${WORDS}; or the validator takes what the model forbids (rule 28)`,
    async (place) => {
      const { post } = await deviceOf(place, 'bad');
      const time = place.clock.nowMs();
      const bodies = [
        '',
        '[]',
        '{}',
        '"',
        '{"time":',
        { time: true },
        { time, values: [] },
        { time, tags: { a: 1 } },
        { time, id: {} },
        { '"quoted"': 1 },
      ];
      return await first(bodies, async (body) => refused(await post(body), 400, 'body'));
    },
  ),
  step(
    'door.too-many',
    'refuses more events than a request may hold',
    'list lengths are not validated (rule 28), and the template’s own bound does not hold',
    async (place) => {
      const { post } = await deviceOf(place, 'many');
      const events = Array.from({ length: MAX_EVENTS_PER_REQUEST + 1 }, () => eventOf(place));
      return refusedWith(await post(events), [400, 413]);
    },
  ),
  step(
    'door.most',
    'takes as many events as a request may hold',
    'the template’s loop ends early (rule 12): large requests are refused, or their sources go unchecked',
    async (place) => {
      const { post } = await deviceOf(place, 'most');
      return taken(
        await post(
          Array.from({ length: MAX_EVENTS_PER_REQUEST }, (_, id) => ({ id, time: place.clock.nowMs() })),
        ),
      );
    },
  ),
  step(
    'door.too-large',
    'refuses a request whose record would be too large',
    'the template’s bound on size does not hold: Kinesis refuses such records with other words',
    async (place) => {
      const { post } = await deviceOf(place, 'large');
      return refused(await post(eventOf(place, { note: 'x'.repeat(MAX_REQUEST_RECORD_BYTES) })), 413, 'body');
    },
  ),
  step('door.no-token', 'refuses whoever has no token, or one that is none', ACCESS, async (place) => {
    const { token } = await deviceOf(place, 'forged');
    const post = (headers: Readonly<Record<string, string>>) =>
      place.ask({
        method: 'POST',
        url: eventsUrl(place),
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(eventOf(place)),
      });
    const forged = `${token.slice(0, -4)}${token.endsWith('AAAA') ? 'BBBB' : 'AAAA'}`;
    const headers = [
      {},
      { Authorization: `Bearer ${forged}` },
      { Authorization: 'Bearer x.y.z' },
      { Authorization: `Basic ${token}` },
    ];
    return await first(headers, async (one) => refusedWith(await post(one), [401, 403]));
  }),
  step(
    'door.other-use',
    'refuses a reader’s token, and one of a relay where devices post',
    ACCESS,
    async (place) => {
      const orders = [
        { use: 'reader' as const, subject: sourceOf(place, 'reader') },
        { use: 'relay' as const, subject: sourceOf(place, 'relay'), sources: [sourceOf(place, 'relayed')] },
      ];
      return await first(orders, async (order) => {
        const { text: token } = await place.issue(order);
        const headers = { 'Content-Type': 'application/json' };
        const asked = {
          method: 'POST' as const,
          url: eventsUrl(place),
          token,
          headers,
          body: JSON.stringify(eventOf(place)),
        };
        return refusedWith(await place.ask(asked), [401, 403]);
      });
    },
  ),
  step(
    'door.relay',
    'takes a relay’s events for a source that its token lists, whatever its characters, and for no other',
    `${MAPPING}; or headers are decoded on their way`,
    async (place) => {
      const source = sourceOf(place, 'relayed-grüße-😀');
      const { text: token } = await place.issue({
        use: 'relay',
        subject: sourceOf(place, 'gateway'),
        sources: [source],
      });
      const post = (name: string) =>
        place.ask({
          method: 'POST',
          url: new URL('v1/relay/events', place.apiUrl).href,
          token,
          headers: { 'Content-Type': 'application/json', [SOURCE_HEADER]: encodeURIComponent(name) },
          body: JSON.stringify(eventOf(place)),
        });
      const good = taken(await post(source));
      return good.kind === 'held' ? refusedWith(await post(`${source}x`), [401, 403]) : good;
    },
  ),
  step(
    'door.unknown-path',
    'answers nobody under a path that it does not have',
    'something else answers under the API’s address',
    async (place) => {
      return refusedWith(await place.ask({ url: new URL('v1/nothing', place.apiUrl).href }), [403, 404]);
    },
  ),
];

function step(id: string, holds: string, otherwise: string, run: Step['run']): Step {
  return { id, holds: `the door ${holds}`, otherwise, run };
}

function eventsUrl({ apiUrl }: Place): string {
  return new URL('v1/events', apiUrl).href;
}

export function taken(reply: Reply): Outcome {
  const { shardId, sequenceNumber } = objectIn(reply) ?? {};
  const isReceipt = typeof shardId === 'string' && typeof sequenceNumber === 'string';
  return reply.status === 200 && isReceipt ? HELD : broken(describeReply(reply));
}

/** In the door's own words: what was found, what was expected, where. */
function refused(reply: Reply, status: number, where: string): Outcome {
  const said = objectIn(reply);
  const isOwn =
    said !== undefined &&
    ['message', 'where', 'found', 'expected'].every((name) => typeof said[name] === 'string');
  return reply.status === status && isOwn && said['where'] === where ? HELD : broken(describeReply(reply));
}

export function refusedWith(reply: Reply, statuses: readonly number[]): Outcome {
  return statuses.includes(reply.status) ? HELD : broken(describeReply(reply));
}

/** The first of them that is broken, with what it was of; else held. */
export async function first<T>(all: readonly T[], run: (one: T) => Promise<Outcome>): Promise<Outcome> {
  for (const one of all) {
    const outcome = await run(one);
    if (outcome.kind === 'broken') return broken(`${outcome.found}, of ${JSON.stringify(one).slice(0, 200)}`);
    if (outcome.kind === 'untried') return outcome;
  }
  return HELD;
}
