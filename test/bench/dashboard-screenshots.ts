// Pictures of the dashboard for the documents, of the examples as `npm start` runs them, an hour after their beginning.
//   node test/bench/dashboard-screenshots.ts [FOLDER]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import pipeline from '../../cdk/pipeline.ts';
import { simulateGameSessions } from '../../producers/simulators/game-sessions.ts';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import type { Simulation } from '../../producers/simulators/simulation.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { openBrowser } from '../support/browser.ts';
import { startDashboardRun } from '../support/dashboard-run.ts';

const folder = process.argv[2] ?? 'docs';
const HISTORY_MS = 55 * 60_000;
const DESK = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

interface Picture {
  readonly name: string;
  readonly route: string;
  /** What must be there before the picture is taken. */
  readonly ready: string;
  readonly scheme?: 'light' | 'dark';
  readonly size?: { readonly width: number; readonly height: number };
}

const ROWS = 'tr[data-live] .sparkline';
const PICTURES: readonly Picture[] = [
  { name: 'overview', route: '#/', ready: ROWS },
  { name: 'overview-dark', route: '#/', ready: ROWS, scheme: 'dark' },
  {
    name: 'source',
    route: '#/sources/sensor-0003',
    ready: '.charts canvas',
    size: { width: 1280, height: 1060 },
  },
  { name: 'match', route: 'match', ready: '.shares', scheme: 'dark', size: { width: 1280, height: 1060 } },
  { name: 'alerts', route: '#/alerts', ready: 'table.alerts tbody tr', size: { width: 1280, height: 720 } },
  { name: 'ledger', route: '#/ledger', ready: '.shares', size: { width: 1280, height: 980 } },
  { name: 'phone', route: '#/', ready: 'text=/^over the last/', size: PHONE },
  {
    name: 'phone-source',
    route: '#/sources/sensor-0003',
    ready: '.charts canvas',
    scheme: 'dark',
    size: PHONE,
  },
];

const run = await startDashboardRun({ pipeline, inMemory: true, schedules: true });
const browser = await openBrowser({ viewport: DESK });
const stopping = new AbortController();
try {
  const startMs = systemClock.nowMs() - HISTORY_MS;
  const simulations = [
    simulateIotFleet({ seed: 1, startMs, devices: 40 }),
    simulateGameSessions({ seed: 1, startMs, players: 30, matches: 3 }),
  ].map(({ arrivals }) => upToNow(arrivals));
  const put = () => run.put(simulations.flatMap((events) => events()));
  const began = performance.now();
  await put();
  await run.runtime.caughtUp();
  console.log(`history put and handled in ${Math.round(performance.now() - began)} ms`);
  const going = keepGoing(put);
  const page = await browser.context.newPage();
  await page.goto(`${run.url}#token=${run.readerToken}`);
  await mkdir(folder, { recursive: true });
  // A rate is known when the list has been read twice.
  await page.getByText(/^over the last/).waitFor({ timeout: 120_000 });
  for (const picture of PICTURES) await take(page, picture);
  stopping.abort();
  await going;
} finally {
  stopping.abort();
  await browser.close();
  await run.runtime.stop();
}

async function take(
  page: Page,
  { name, route, ready, scheme = 'light', size = DESK }: Picture,
): Promise<void> {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: scheme });
  await goTo(page, route === 'match' ? await latestFullMatch(page) : route);
  await page.locator(ready).first().waitFor({ timeout: 120_000 });
  // What is still on its way: rows further down, quantiles.
  await page.waitForTimeout(4_000);
  await page.screenshot({ path: join(folder, `dashboard-${name}.png`) });
  console.log(name);
}

/** The one before the last: it has gone on for some minutes. */
async function latestFullMatch(page: Page): Promise<string> {
  await goTo(page, '#/rollups/by-match');
  const links = page.locator('.links a');
  await links.first().waitFor();
  const addresses = await links.evaluateAll((all) => all.map((each) => each.getAttribute('href') ?? ''));
  return addresses.at(-3) ?? '#/rollups/by-match';
}

async function goTo(page: Page, route: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(route)}`);
}

async function keepGoing(work: () => Promise<void>): Promise<void> {
  while (!stopping.signal.aborted) {
    await work();
    await systemClock.sleep(1_000, stopping.signal);
  }
}

/** Each time, the events that have come since the time before. */
function upToNow(arrivals: Simulation['arrivals']): () => Readonly<Record<string, unknown>>[] {
  const coming = arrivals[Symbol.iterator]();
  let next = coming.next();
  return () => {
    const events: Readonly<Record<string, unknown>>[] = [];
    for (
      const nowMs = systemClock.nowMs();
      next.done !== true && next.value.atMs <= nowMs;
      next = coming.next()
    ) {
      events.push(next.value.event);
    }
    return events;
  };
}
