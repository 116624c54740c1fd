// From the POST of an event to its change in the page of a browser, through the whole local pipeline, DynamoDB Local
// included, in each profile of latency or cost; how evenly the fleet's page is drawn with a thousand sources; and what a minute's
// window saves in writes.
//   node test/bench/live-latency.ts [low | balanced | cheap | frames | writes]
import type { Page } from 'playwright-core';
import { createRandom } from '../../producers/simulators/random.ts';
import { percentile } from '../../src/core/percentile.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openBrowser } from '../support/browser.ts';
import { type DashboardRun, startDashboardRun } from '../support/dashboard-run.ts';

const PIPELINE = {
  aggregations: [
    {
      name: 'per-minute',
      window: { tumbling: '60s' },
      aggregates: ['count', 'sum', 'min', 'max', 'mean', 'last'],
    },
  ],
  rollups: [{ name: 'by-site', of: 'per-minute', by: ['site'] }],
};
const WARM_UP = 20;
const STEADY = 250;
/** Between two events of a device that sends steadily, ms, at random: in step with nothing. */
const SPACING_MS = [100, 700] as const;
const ALONE = 30;
const PROFILES = ['low', 'balanced', 'cheap'] as const;
type Profile = (typeof PROFILES)[number];
/** Events of a minute's window, each waited for: fewer of them. */
const CHEAP = { steady: 60, alone: 2, spacingMs: [2_000, 4_000] } as const;
const USUAL = { steady: STEADY, alone: ALONE, spacingMs: SPACING_MS } as const;
const WRITES = { devices: 100, everyMs: 10_000, forMs: 250_000 } as const;
const SOURCES = 1_000;
const EVENTS_PER_SECOND = 200;
const FRAMES_FOR_MS = 20_000;

async function measureLatency(page: Page, run: DashboardRun, profile: Profile): Promise<void> {
  const { steady: count, alone: aloneCount, spacingMs } = profile === 'cheap' ? CHEAP : USUAL;
  const seen = new Seen();
  await page.exposeFunction('saw', (value: number, atMs: number) => seen.note(value, atMs));
  const random = createRandom('live-latency');
  let value = 0;
  const send = async (): Promise<Sample> => {
    value += 1;
    const own = value;
    const event = { id: own, time: systemClock.nowMs(), values: { n: own }, tags: { site: 'mill' } };
    const postedMs = performance.timeOrigin + performance.now();
    await run.post('pump-1', event);
    const answeredMs = performance.timeOrigin + performance.now();
    const seenMs = await seen.untilSeen(own);
    return { latencyMs: seenMs - postedMs, answerMs: answeredMs - postedMs };
  };
  await run.post('pump-1', { id: 0, time: systemClock.nowMs(), values: { n: 0 }, tags: { site: 'mill' } });
  await run.runtime.caughtUp();
  await open(page, run, '#/sources/pump-1');
  await page.locator('[data-latest="n"]').waitFor();
  await page.evaluate(WATCH);
  for (let number = 0; number < (profile === 'cheap' ? 1 : WARM_UP); number += 1) await send();

  const under: Promise<Sample>[] = [];
  for (let number = 0; number < count; number += 1) {
    under.push(send());
    await systemClock.sleep(random.between(spacingMs[0], spacingMs[1]));
  }
  const steady = await Promise.all(under);
  const alone: Sample[] = [];
  for (let number = 0; number < aloneCount; number += 1) {
    alone.push(await send());
    await systemClock.sleep(random.between(0, 1_000));
  }

  console.log(`${profile}: from POST to the changed value in the page, ms`);
  report(
    `a device that posts every ${spacingMs.join(' to ')} ms`,
    steady.map(({ latencyMs }) => latencyMs),
  );
  report(
    'an event alone',
    alone.map(({ latencyMs }) => latencyMs),
  );
  report(
    'of it, until the answer to the POST',
    [...steady, ...alone].map(({ answerMs }) => answerMs),
  );
  const windows = run.runtime.system.mappings
    .filter(({ fn }) =>
      ['aggregate', 'rollup', 'live'].includes(fn.environment['POWERTOOLS_SERVICE_NAME'] ?? ''),
    )
    .map(({ logicalId, properties }) => `${logicalId} ${properties['MaximumBatchingWindowInSeconds']} s`);
  console.log(`  batching windows on the way, by the template: ${windows.join(', ')}`);
}

interface Sample {
  readonly latencyMs: number;
  readonly answerMs: number;
}

/** What the page showed when. One change may be of several events: the value of the last of them tells of all. */
class Seen {
  #latest = -1;
  #latestMs = 0;
  #waiting: { readonly value: number; readonly resolve: (atMs: number) => void }[] = [];

  note(value: number, atMs: number): void {
    if (value <= this.#latest) return;
    this.#latest = value;
    this.#latestMs = atMs;
    for (const one of this.#waiting) if (one.value <= value) one.resolve(atMs);
    this.#waiting = this.#waiting.filter((one) => one.value > value);
  }

  untilSeen(value: number): Promise<number> {
    if (this.#latest >= value) return Promise.resolve(this.#latestMs);
    return new Promise((resolve) => this.#waiting.push({ value, resolve }));
  }
}

/** In the page: its own clock, at the moment the text has changed. */
const WATCH = `new MutationObserver(() => {
  const atMs = performance.timeOrigin + performance.now();
  const text = document.querySelector('[data-latest="n"]')?.textContent ?? '';
  saw(Number(text.replaceAll(',', '')), atMs);
}).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true })`;

async function measureFrames(page: Page, run: DashboardRun): Promise<void> {
  const random = createRandom('frames');
  const sites = ['harbour', 'mill', 'orchard', 'quarry', 'ridge'];
  const event = (number: number) => ({
    source: `sensor-${String(number).padStart(4, '0')}`,
    time: systemClock.nowMs(),
    values: { temperature: 20 + random.between(0, 5) },
    tags: { site: sites[number % sites.length] ?? '' },
  });
  await run.put(Array.from({ length: SOURCES }, (_, number) => event(number)));
  await run.runtime.caughtUp();
  await open(page, run, '#/');
  await page.locator('tr[data-live]').first().waitFor({ timeout: 120_000 });
  const stopping = new AbortController();
  const sending = (async () => {
    while (!stopping.signal.aborted) {
      await run.put(Array.from({ length: EVENTS_PER_SECOND }, () => event(random.integer(0, SOURCES - 1))));
      await systemClock.sleep(1_000, stopping.signal);
    }
  })();
  const still = asFrames(await page.evaluate(framesOf(FRAMES_FOR_MS, '')));
  const scrolled = asFrames(
    await page.evaluate(
      framesOf(FRAMES_FOR_MS, 'table.scrollTop = (table.scrollTop + 40) % (table.scrollHeight - 700)'),
    ),
  );
  stopping.abort();
  await sending;
  console.log(`Frames of the fleet's page, ${SOURCES} sources, ${EVENTS_PER_SECOND} events a second, ms`);
  report('standing', still.frames);
  console.log(`    tasks over 50 ms: ${still.longTasks}`);
  report('while its table is scrolled', scrolled.frames);
  console.log(`    tasks over 50 ms: ${scrolled.longTasks}`);
  const nodes = await page.evaluate('document.querySelectorAll("*").length');
  console.log(`  elements in the page: ${nodes}`);
}

interface Frames {
  readonly frames: readonly number[];
  readonly longTasks: number;
}

function asFrames(value: unknown): Frames {
  return value as Frames; // what the script below gives
}

function framesOf(forMs: number, each: string): string {
  return `new Promise((resolve) => {
    const table = document.querySelector('.rows');
    const frames = [];
    let longTasks = 0;
    const observer = new PerformanceObserver((list) => { longTasks += list.getEntries().length; });
    observer.observe({ type: 'longtask' });
    const beganMs = performance.now();
    let beforeMs = beganMs;
    const frame = (nowMs) => {
      frames.push(nowMs - beforeMs);
      beforeMs = nowMs;
      ${each};
      if (nowMs - beganMs < ${forMs}) return requestAnimationFrame(frame);
      observer.disconnect();
      resolve({ frames: frames.slice(1), longTasks });
    };
    requestAnimationFrame(frame);
  })`;
}

async function open(page: Page, { url, readerToken }: DashboardRun, route: string): Promise<void> {
  await page.goto(`${url}#token=${readerToken}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.evaluate(`location.hash = ${JSON.stringify(route)}`);
  await page.getByText('Live', { exact: true }).waitFor();
}

function report(what: string, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => Math.round(percentile(sorted, share) ?? 0);
  console.log(`  ${what}: p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)} (${values.length} samples)`);
}

/** Devices at one event in ten seconds each: how many of them one write of a state holds. */
async function measureWrites(profile: Profile): Promise<void> {
  const run = await startDashboardRun({ pipeline: PIPELINE, inMemory: true, settings: { profile } });
  try {
    const { devices, everyMs, forMs } = WRITES;
    const untilMs = systemClock.nowMs() + forMs;
    let events = 0;
    while (systemClock.nowMs() < untilMs) {
      for (let device = 0; device < devices; device += 1) {
        await run.put([{ source: `device-${device}`, time: systemClock.nowMs(), values: { n: device } }]);
        events += 1;
        await systemClock.sleep(everyMs / devices);
      }
    }
    await run.runtime.caughtUp();
    const writes = run.runtime.figures.sum('aggregate', 'stateWrites');
    console.log(`${profile}: ${devices} devices at one event in ${everyMs / 1_000} s for ${forMs / 1_000} s`);
    console.log(
      `  ${writes} writes of states for ${events} events: ${(writes / events).toFixed(2)} an event`,
    );
  } finally {
    await run.runtime.stop();
  }
}

async function inBrowser(
  settings: { readonly profile: Profile },
  measure: (page: Page, run: DashboardRun) => Promise<void>,
): Promise<void> {
  const run = await startDashboardRun({ pipeline: PIPELINE, inMemory: false, settings });
  const browser = await openBrowser();
  try {
    await measure(await browser.context.newPage(), run);
  } finally {
    await browser.close();
    await run.runtime.stop();
  }
}

const [only] = process.argv.slice(2);
for (const profile of PROFILES)
  if (only === undefined || only === profile)
    await inBrowser({ profile }, (page, run) => measureLatency(page, run, profile));
if (only === undefined || only === 'frames') await inBrowser({ profile: 'balanced' }, measureFrames);
if (only === undefined || only === 'writes')
  for (const profile of PROFILES.slice(1)) await measureWrites(profile);
