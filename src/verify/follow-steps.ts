// What becomes of events that the door has taken: windows, books, dead letters, alerts.
import type { AlertRule } from '../core/alerts/alert-rule.ts';
import { SOURCE_HEADER } from '../platform/door.ts';
import { taken } from './door-steps.ts';
import { describeReply, deviceOf, eventOf, objectIn, type Place, sourceOf, until } from './place.ts';
import { type Counts, Reader, type SeenWindow } from './reader.ts';
import { broken, HELD, type Outcome, type Step, untried } from './step.ts';

const FUNCTIONS =
  'a function fails or its mapping is off: look at the alarms, the failures bucket and the log of `aggregate`';
const TEXT =
  'text is not UTF-8, or JSON is written anew with other numbers, on the way from the door to the stream (rules 8, 21)';
const NO_WINDOW =
  'the pipeline has no aggregation that takes events of the type `reading` with the value `temperature`';

export const FOLLOW_STEPS: readonly Step[] = [
  {
    id: 'books.applied',
    holds: 'every event that the door accepted is counted once, in its source’s ledger and in its windows',
    otherwise: FUNCTIONS,
    run: async (place) => {
      const { source, post } = await deviceOf(place, 'applied');
      const temperatures = [19.5, 20, 20.25];
      const posted = taken(
        await post(temperatures.map((temperature) => eventOf(place, { values: { temperature } }))),
      );
      if (posted.kind !== 'held') return posted;
      return await counted(place, source, { received: 3, applied: 3 }, (windows) => {
        const sum = temperatures.reduce((a, b) => a + b, 0);
        return sumsOf(windows, 'temperature').every((one) => one.count === 3 && one.sum === sum);
      });
    },
  },
  {
    id: 'books.duplicate',
    holds: 'an event that is sent again is a duplicate, and counts in no window',
    otherwise:
      'retries of devices count twice: look at the log of `aggregate`, and whether its mapping’s parallelization is 1',
    run: async (place) => {
      const { source, post } = await deviceOf(place, 'again');
      const event = eventOf(place, { values: { temperature: 7 } });
      for (let times = 0; times < 2; times += 1) {
        const posted = taken(await post(event));
        if (posted.kind !== 'held') return posted;
      }
      return await counted(place, source, { received: 2, applied: 1, duplicate: 1 }, (windows) =>
        sumsOf(windows, 'temperature').every((one) => one.count === 1 && one.sum === 7),
      );
    },
  },
  {
    id: 'books.quarantined',
    holds:
      'an event that the door takes and the core does not is quarantined alone, with its reason in the dead letters',
    otherwise:
      'bad events vanish, or stop their shard: look at the dead letters and at the lag of `aggregate`',
    run: async (place) => {
      const { source, post } = await deviceOf(place, 'ahead');
      const ahead = place.clock.nowMs() + 30 * 86_400_000;
      const posted = taken(await post([eventOf(place), eventOf(place, { time: ahead })]));
      if (posted.kind !== 'held') return posted;
      const outcome = await counted(place, source, { received: 2, applied: 1, quarantined: 1 });
      if (outcome.kind !== 'held') return outcome;
      const letter = await until(place, async () => {
        for await (const one of place.deadLetters.list()) if (one.source === source) return one;
        return undefined;
      });
      return letter?.reason === 'clock-skew'
        ? HELD
        : broken(`the dead letter ${JSON.stringify(letter?.reason)}, expected "clock-skew"`);
    },
  },
  {
    id: 'text.utf-8',
    holds: 'names keep every character, from the door to the reader',
    otherwise: TEXT,
    run: async (place) => {
      const source = sourceOf(place, 'grüße-😀-"\\');
      const name = 'größe "\\/ \u2028 😀';
      const { text: token } = await place.issue({
        use: 'relay',
        subject: sourceOf(place, 'gateway-2'),
        sources: [source],
      });
      const posted = await place.ask({
        method: 'POST',
        url: new URL('v1/relay/events', place.apiUrl).href,
        token,
        headers: { 'Content-Type': 'application/json', [SOURCE_HEADER]: encodeURIComponent(source) },
        body: JSON.stringify(eventOf(place, { values: { [name]: 1 } })),
      });
      if (taken(posted).kind !== 'held') return taken(posted);
      return await counted(place, source, { received: 1, applied: 1 }, (windows) => {
        const names = windows.flatMap(({ metrics }) => metrics.map((metric) => metric.name));
        return names.every((found) => found === name);
      });
    },
  },
  {
    id: 'text.numbers',
    holds: 'numbers and texts mean the same after the door as before it, however they are written',
    otherwise: TEXT,
    run: async (place) => {
      const { source, post } = await deviceOf(place, 'written');
      const values =
        '{"temperature":1e1,"b":1.0,"c":0.1,"d":-0.0,"e":123456789012345680,"f":5e-324,"\\u0067":1E+2,"a\\/b":7}';
      const posted = taken(await post(`{"time":${place.clock.nowMs()},"id":"\\u00e9","values":${values}}`));
      if (posted.kind !== 'held') return posted;
      const expected: Readonly<Record<string, number>> = {
        temperature: 10,
        b: 1,
        c: 0.1,
        d: 0,
        e: 123456789012345680,
        f: 5e-324,
        g: 100,
        'a/b': 7,
      };
      return await counted(place, source, { received: 1, applied: 1 }, (windows) =>
        windows.every(({ metrics }) =>
          metrics.every(({ name, sum }) => Object.hasOwn(expected, name) && sum + 0 === expected[name]),
        ),
      );
    },
  },
  {
    id: 'text.names',
    holds: 'names that are special in programming languages, such as __proto__, are treated like any other',
    otherwise:
      'a name takes the place of something else in a template, a function or a table: look at the log of `aggregate` and `rollup`',
    run: async (place) => {
      const { source, post } = await deviceOf(place, 'names');
      const names = [
        '__proto__',
        'constructor',
        'toString',
        'hasOwnProperty',
        '$input',
        '#end',
        '$!{x}',
        '=1+1',
      ];
      const pairs = names.map((name, at) => `${JSON.stringify(name)}:${at}`).join(',');
      const posted = taken(
        await post(`{"time":${place.clock.nowMs()},"values":{${pairs}},"tags":{"__proto__":"x"}}`),
      );
      if (posted.kind !== 'held') return posted;
      return await counted(place, source, { received: 1, applied: 1 }, (windows) =>
        windows.every(({ metrics }) => metrics.every(({ name, sum }) => names.indexOf(name) === sum)),
      );
    },
  },
  {
    id: 'text.twice',
    holds: 'a request that names its source twice, or its events, says nothing for another source',
    otherwise:
      'of members that occur twice the template sees other ones than the functions (rule 8): a device can speak for another one',
    run: async (place) => await namedTwice(place),
  },
  {
    id: 'books.balance',
    holds: 'the ledger of all sources together balances',
    otherwise: 'events have no verdict, or two: `tidemill ledger` says how many; see docs/semantics.md',
    run: async (place) => {
      const reader = await Reader.of(place);
      const answer = await until(place, async () => {
        const reply = await reader.get('v1/ledger');
        return reply.status === 200 ? reply : undefined;
      });
      if (answer === undefined) return broken('no ledger that was added up');
      return objectIn(answer)?.['balanced'] === true ? HELD : broken(describeReply(answer));
    },
  },
  {
    id: 'alerts.fires',
    holds: 'an alert fires for a window that meets its rule, and readers see it',
    otherwise: '`alert` fails or its mapping is off: look at its alarms and log',
    run: async (place) => {
      const rule = provocable(place);
      if (typeof rule === 'string') return untried(rule);
      return await fires(place, rule);
    },
  },
];

/** The books of a source, and then its windows: all of them hold these events. */
async function counted(
  place: Place,
  source: string,
  expected: Partial<Counts>,
  isRight: (windows: readonly SeenWindow[]) => boolean = () => true,
): Promise<Outcome> {
  const wanted = { received: 0, applied: 0, duplicate: 0, late: 0, quarantined: 0, ...expected };
  const reader = await Reader.of(place);
  const found = await reader.countsOf(source, ({ received }) => received >= wanted.received);
  for (const name of ['received', 'applied', 'duplicate', 'late', 'quarantined'] as const) {
    if (found?.[name] !== wanted[name])
      return broken(`the books ${JSON.stringify(found)}, expected ${JSON.stringify(wanted)}`);
  }
  const windows = await until(place, async () => {
    const all = await reader.windowsOf(source);
    return all.length > 0 ? all : undefined;
  });
  if (windows === undefined) return untried(NO_WINDOW);
  return isRight(windows) ? HELD : broken(`the windows ${JSON.stringify(windows).slice(0, 600)}`);
}

function sumsOf(windows: readonly SeenWindow[], metric: string) {
  return windows.flatMap(({ metrics }) => metrics.filter(({ name }) => name === metric));
}

interface Provocation {
  readonly rule: string;
  readonly metric: string;
  readonly value: number;
  /** Event time that closes the window. */
  readonly spanMs: number;
}

/** Either member may count, and a request may be refused for it. */
async function namedTwice(place: Place): Promise<Outcome> {
  const { source, post } = await deviceOf(place, 'twice');
  const other = sourceOf(place, 'twice-other');
  const time = `"time":${place.clock.nowMs()}`;
  const [own, foreign] = [source, other].map((name) => `"source":${JSON.stringify(name)}`);
  const bodies = [
    `{${time},${foreign},${own}}`,
    `{${time},${own},${foreign}}`,
    `{${foreign},"events":[{${time}}],${own}}`,
    `{${own},"events":[{${time}}],${foreign}}`,
    `{"events":[{${time},${foreign}}],"events":[{${time}}]}`,
    `{"events":[{${time}}],"events":[{${time},${foreign}}]}`,
  ];
  let received = 1;
  for (const body of bodies) {
    const reply = await post(body);
    if (reply.status === 200) received += 1;
    else if (![400, 403].includes(reply.status)) return broken(describeReply(reply));
  }
  // When this one is counted, so are those before it.
  const last = taken(await post(eventOf(place)));
  if (last.kind !== 'held') return last;
  const reader = await Reader.of(place);
  const found = await reader.countsOf(source, (counts) => counts.received >= received);
  if (found?.received !== received)
    return broken(`the books ${JSON.stringify(found)}, expected ${received} received`);
  const foreignBooks = await reader.get(`v1/sources/${encodeURIComponent(other)}`);
  return foreignBooks.status === 404 ? HELD : broken(describeReply(foreignBooks));
}

/** A rule that one event can make fire at once; or why there is none. */
function provocable({ pipeline }: Place): Provocation | string {
  if (pipeline === undefined) return 'nobody said what the pipeline is: give --pipeline';
  for (const rule of pipeline.alerts) {
    const found = provocationOf(rule, pipeline.aggregations);
    if (found !== undefined) return found;
  }
  return 'the pipeline has no rule that one event makes fire at once: a bound on a value of a tumbling window, without `for` and filter';
}

function provocationOf(
  rule: AlertRule,
  aggregations: NonNullable<Place['pipeline']>['aggregations'],
): Provocation | undefined {
  const { on, measure, when, filter, forMs } = rule;
  if (on.kind !== 'aggregation' || measure?.kind !== 'metric' || forMs > 0 || on.provisional)
    return undefined;
  if (!['max', 'min', 'mean', 'sum', 'last', 'first'].includes(measure.aggregate)) return undefined;
  if (Object.values(filter).some((one) => one !== undefined)) return undefined;
  const of = aggregations.find(({ name }) => name === on.name);
  if (of?.window.kind !== 'tumbling' || of.filter !== undefined) return undefined;
  const value =
    when.kind === 'above' ? when.threshold + 1 : when.kind === 'below' ? when.threshold - 1 : undefined;
  if (value === undefined) return undefined;
  return {
    rule: rule.name,
    metric: measure.metric,
    value,
    spanMs: 2 * (of.window.sizeMs + of.allowedLatenessMs),
  };
}

async function fires(place: Place, { rule, metric, value, spanMs }: Provocation): Promise<Outcome> {
  const { source, post } = await deviceOf(place, 'alert');
  const time = place.clock.nowMs();
  // The second closes the window of the first: time runs by source.
  const events = [{ time: time - spanMs, values: { [metric]: value } }, { time }];
  const posted = taken(await post(events.map((event) => eventOf(place, event))));
  if (posted.kind !== 'held') return posted;
  const reader = await Reader.of(place);
  const path = `v1/alerts?source=${encodeURIComponent(source)}`;
  const found = await until(place, async () => {
    const reply = await reader.get(path);
    return reply.text.includes(`"${rule}"`) && /"(?:firing|resolved)"/.test(reply.text) ? reply : undefined;
  });
  return found === undefined
    ? broken(`no alert of ${rule} on ${source}: ${describeReply(await reader.get(path))}`)
    : HELD;
}
