// The dashboard in a real browser: the page as the local run serves it, a real WebSocket, the pipeline behind both.
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Browser, chromiumMissing, openBrowser } from '../support/browser.ts';
import { type DashboardRun, startDashboardRun } from '../support/dashboard-run.ts';

const missing = process.env['CI'] === 'true' ? undefined : await chromiumMissing();
if (missing !== undefined) console.warn(`the dashboard is not tested: ${missing}`);

const PIPELINE = {
  aggregations: [
    {
      name: 'per-minute',
      window: { tumbling: '60s' },
      aggregates: ['count', 'sum', 'min', 'max', 'mean', 'last', 'quantiles'],
      distinct: ['source'],
      topK: [{ of: 'type', k: 4 }],
      states: [{ of: 'mode' }],
    },
  ],
  rollups: [
    { name: 'by-site', of: 'per-minute', by: ['site'] },
    { name: 'by-match', of: 'per-minute', by: ['match'] },
  ],
  alerts: [
    {
      name: 'too-hot',
      on: { aggregation: 'per-minute', provisional: true },
      metric: 'temperature',
      aggregate: 'max',
      when: { above: 80 },
      severity: 'critical',
    },
  ],
};
const SOURCES = 1_000;
const SITES = ['harbour', 'mill', 'quarry'];
/** In the past, so that no window is of the future. */
const minuteMs = Math.floor(Date.now() / 60_000) * 60_000;

/** Two windows of each source, the first of which has closed; one source is too hot. */
function* fleet() {
  for (let number = 0; number < SOURCES; number += 1) {
    const source = `sensor-${String(number).padStart(4, '0')}`;
    const tags = { site: SITES[number % SITES.length] ?? '', match: `match-${number % 2}` };
    const temperature = number === 500 ? 99 : 20 + (number % 10);
    for (const minute of [-2, -1]) {
      yield { source, time: minuteMs + minute * 60_000, type: 'reading', values: { temperature }, tags };
    }
  }
}

describe.skipIf(missing !== undefined)('the dashboard', () => {
  let run: DashboardRun;
  let browser: Browser;

  beforeAll(async () => {
    run = await startDashboardRun({ pipeline: PIPELINE, inMemory: true });
    [browser] = await Promise.all([openBrowser(), run.put([...fleet()])]);
    await run.runtime.caughtUp();
  });

  afterAll(async () => {
    await browser?.close();
    await run?.runtime.stop();
    expect(run?.failures ?? []).toEqual([]);
  });

  /** With a token, at this place of the page; what the browser complains of fails the test. */
  async function open(route: string): Promise<Page> {
    const page = await browser.context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // The page itself says that a source is not there yet.
      if (message.type() === 'error' && !message.text().includes('404')) complaints.push(message.text());
    });
    onTestFinished(async () => {
      await page.close();
      expect(complaints).toEqual([]);
    });
    await page.addInitScript(KEEP_SOCKETS);
    await page.goto(`${run.url}#token=${run.readerToken}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (route !== '#/') await goTo(page, route);
    return page;
  }

  it('shows a run on this machine what the stack’s dashboard in CloudWatch has, graph by graph from left to right', async () => {
    const page = await open('#/operations');
    const verdicts = page.getByRole('region', { name: 'Events by verdict' });
    const received = verdicts.getByRole('row', { name: /^aggregate received/ });
    await received.waitFor();
    const counts = (await received.getByRole('cell').allTextContents()).slice(1);
    expect(counts.reduce((sum, text) => sum + Number(text.replace(/\D/g, '')), 0)).toBeGreaterThan(0);
    const graphs = await page.locator('.operations h2').allTextContents();
    const spec = run.runtime.system.dashboards.flatMap((dashboard) => dashboard.graphs);
    expect(graphs).toEqual(spec.toSorted((a, b) => a.y - b.y || a.x - b.x).map(({ title }) => title));
    const text = await page.locator('main').innerText();
    const missed = spec.flatMap(({ metrics }) => metrics.filter(({ label }) => !text.includes(label)));
    expect(missed).toEqual([]);
  });

  it('takes the token out of the address, shows the fleet, and its books balance', async () => {
    const page = await open('#/');
    expect(page.url()).toBe(`${run.url}#/`);
    await page.getByText('✓ balanced').waitFor();
    await page.getByText(/^1,00\d sources$/).waitFor();
    // The chart says in words what it shows, and as a table.
    const chart = page.getByRole('img', { name: /^Events a second by site, in the latest closed window: / });
    expect(await chart.getAttribute('aria-label')).toMatch(/harbour .*, mill .*, quarry /);
    await page.getByRole('button', { name: /^Table: Events a second/ }).click();
    const head = page.getByRole('region', { name: /^Table: / }).getByRole('columnheader');
    expect(await head.allTextContents()).toEqual(['Window from', ...SITES, 'State']);
    // It is drawn after the page is.
    await page.locator('.uplot canvas').waitFor();
  });

  it('shows an event that is posted without being loaded again', async () => {
    const page = await open('#/sources/pump-1');
    await page.getByText(/pump-1.*expected a source that has sent events/).waitFor();
    await run.post('pump-1', { id: 1, time: minuteMs, values: { level: 0.25 }, tags: { site: 'mill' } });
    // A source that is not there yet is asked for again after seconds only.
    await run.runtime.caughtUp();
    await goTo(page, '#/alerts');
    await goTo(page, '#/sources/pump-1');
    const latest = page.locator('[data-latest="level"]');
    await latest.getByText('0.25', { exact: true }).waitFor();
    await page.evaluate('window.sameDocument = true');
    await run.post('pump-1', { id: 2, time: minuteMs, values: { level: 0.75 }, tags: { site: 'mill' } });
    await latest.getByText('0.75', { exact: true }).waitFor();
    expect(await page.evaluate('window.sameDocument')).toBe(true);
    await page.getByRole('list', { name: 'Tags' }).getByText('mill').waitFor();
    await page.getByRole('img', { name: /^Mean of level: 0.5 in the latest window, provisional/ }).waitFor();
  });

  it('shows how long a source was in which state, and goes on with it', async () => {
    const post = async (id: number, seconds: number, mode: string) =>
      await run.post('pump-2', { id, time: minuteMs - 120_000 + seconds * 1_000, values: { mode } });
    await post(1, 0, 'run');
    await post(2, 15, 'error');
    await post(3, 60, 'run');
    await run.runtime.caughtUp();
    const page = await open('#/sources/pump-2');
    const times = (changes: number) =>
      page.getByRole('table', { name: `Time in each state of mode, ${changes} changes` });
    await times(2)
      .getByRole('row', { name: /^error 45 s/ })
      .waitFor();
    await times(2)
      .getByRole('row', { name: /^run 15 s/ })
      .waitFor();
    expect(await page.locator('.timeline .window').count()).toBe(2);
    expect(await page.locator('.timeline .window.provisional').count()).toBe(1);
    // Until the next one it is not known how long a state lasts.
    await post(4, 90, 'idle');
    await times(3)
      .getByRole('row', { name: /^run 45 s/ })
      .waitFor();
  });

  it('gets what it missed while its connection was gone', async () => {
    const page = await open('#/sources/sensor-0007');
    const events = page.locator('[data-latest="(events)"]');
    await events.getByText('1', { exact: true }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.evaluate('window.sockets.at(-1).close()');
    await run.post('sensor-0007', { id: 'a', time: minuteMs - 60_000, values: { temperature: 1 } });
    await events.getByText('2', { exact: true }).waitFor();
    expect(await page.evaluate('window.sockets.length')).toBeGreaterThan(1);
    await run.post('sensor-0007', { id: 'b', time: minuteMs - 60_000, values: { temperature: 1 } });
    await events.getByText('3', { exact: true }).waitFor();
  });

  it('has few rows of a thousand sources in the page and few subscriptions, wherever one scrolls to', async () => {
    const page = await browser.context.newPage();
    onTestFinished(() => page.close());
    const subscribed = new Set<string>();
    let most = 0;
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        const { type, id } = JSON.parse(String(payload));
        if (type === 'subscribe') subscribed.add(id);
        if (type === 'unsubscribe') subscribed.delete(id);
        most = Math.max(most, subscribed.size);
      }),
    );
    await page.goto(`${run.url}#token=${run.readerToken}`);
    await page.locator('tr[data-source="sensor-0500"]').waitFor();
    const rows = page.locator('tr[data-source]');
    // Both in one look: the list is read anew while the test looks.
    const { counted, told } = await page.evaluate<{ counted: number; told: number }>(`({
      counted: Number(document.querySelector('table.sources').getAttribute('aria-rowcount')),
      told: Number(document.querySelector('[aria-live="polite"]').textContent.replace(/\\D/g, '')),
    })`);
    expect(counted).toBe(told + 1);
    for (const share of [0.3, 0.6, 1]) {
      await page.evaluate(
        `(() => { const table = document.querySelector('.rows'); table.scrollTo(0, table.scrollHeight * ${share}); })()`,
      );
      const nearby = `sensor-${String(Math.min(999, Math.round(share * 1_000))).padStart(4, '0')}`;
      await page.locator(`tr[data-source="${nearby}"]`).waitFor();
      // The rows in sight are told live.
      await page.locator('tr[data-source][data-live]').first().waitFor();
      expect(await rows.count()).toBeLessThanOrEqual(MOST_ROWS);
    }
    expect(most).toBeLessThanOrEqual(MOST_ROWS + 1);
    // Elements of the whole page, charts included.
    expect(await page.evaluate('document.querySelectorAll("*").length')).toBeLessThan(2_000);

    await page.getByRole('searchbox').fill('quarry 0998');
    await page.getByText(/^1 of [\d,]+ sources$/).waitFor();
    expect(await rows.count()).toBe(1);
  });

  it('lists what fires, why and of what, tells of what fires next, and leads to it', async () => {
    const page = await open('#/alerts');
    const row = page.getByRole('row').filter({ hasText: 'sensor-0500' });
    await row.getByText('firing').waitFor();
    expect(await row.textContent()).toContain('max of temperature is 99, above 80');
    // And what changes, as it happens.
    await page.getByText('None yet: they appear here as they happen.').waitFor();
    await run.post('sensor-0900', { id: 1, time: minuteMs - 60_000, values: { temperature: 95.5 } });
    const transitions = page.getByRole('region', { name: 'Table of transitions' });
    await transitions.getByRole('row').filter({ hasText: 'max of temperature is 95.5' }).waitFor();
    await page.getByText('2 firing').waitFor();
    await row.getByRole('link', { name: 'sensor-0500' }).click();
    await page.getByRole('heading', { level: 1, name: 'sensor-0500' }).waitFor();
    await page.getByRole('row').filter({ hasText: 'too-hot' }).waitFor();
  });

  it('shows one match: players, scores, what happened', async () => {
    const page = await open('#/rollups/by-match/match-1');
    await page.getByRole('heading', { level: 1, name: 'Match 1' }).waitFor();
    await page.getByRole('img', { name: /^Players in a window: \d+ in the latest window/ }).waitFor();
    await page.getByRole('row').filter({ hasText: 'reading' }).waitFor();
  });

  it('is walked to a source by keyboard alone', async () => {
    const page = await open('#/');
    await page.locator('tr[data-source="sensor-0500"]').waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toContain('Skip to content');
    await page.keyboard.press('Enter');
    const steps: string[] = [];
    while (!steps.at(-1)?.startsWith('sensor-') && steps.length < 60) {
      await page.keyboard.press('Tab');
      steps.push(await focused(page));
    }
    const [first = ''] = steps.slice(-1);
    expect(first).toBe('sensor-0500');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    const arrived = page.evaluate(onceHeadingSays(first));
    await page.keyboard.press('Enter');
    expect(await arrived).toEqual({ focused: first, title: `${first} – Tidemill` });
  });

  it('asks for a token where there is none, and again where it is refused', async () => {
    const page = await browser.context.newPage();
    onTestFinished(() => page.close());
    await page.goto(run.url);
    const field = page.getByLabel('A reader’s token');
    await field.fill('not a token');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').getByText('This is not a token').waitFor();
    await field.fill('eyJh.eyJp.c2ln');
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('alert').getByText('The token was refused').waitFor();
    await field.fill(run.readerToken);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    // A link with a token, in a tab that is on another page.
    await goTo(page, '#/alerts');
    await page.getByRole('heading', { level: 1, name: 'Alerts' }).waitFor();
    await goTo(page, `#token=${run.readerToken}`);
    await page.getByRole('heading', { level: 1, name: 'Fleet' }).waitFor();
    expect(page.url()).toBe(`${run.url}#/`);
    await page.getByRole('button', { name: 'Forget token' }).click();
    await field.waitFor();
    expect(await page.evaluate('sessionStorage.length')).toBe(0);
  });

  it('keeps nobody out, in either scheme, and fits a phone: nothing scrolls sideways, what is pressed is large enough', async () => {
    const page = await open('#/');
    for (const [route, ready] of PLACES) {
      await goTo(page, route);
      await page.locator(ready).first().waitFor();
      await page.evaluate(axe.source);
      for (const scheme of ['light', 'dark'] as const) {
        // Colours on their way from one scheme to the other are of neither.
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        const found = await page.evaluate(
          `axe.run(document, ${JSON.stringify(AXE[scheme])}).then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, targets: nodes.map(({ target }) => String(target)) })))`,
        );
        expect({ route, scheme, found }).toEqual({ route, scheme, found: [] });
      }
      await page.setViewportSize(PHONE);
      expect([route, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([
        route,
        PHONE.width,
      ]);
      const small = await page.evaluate(`[...document.querySelectorAll('a, button, select, input')]
        .filter((each) => each.getClientRects().length > 0 && !each.closest('p'))
        .map((each) => ({ name: each.textContent, height: Math.round(each.getBoundingClientRect().height) }))
        .filter(({ height }) => height < 24)`);
      expect([route, small]).toEqual([route, []]);
      await page.setViewportSize(DESK);
    }
  });
});

const DESK = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

/** In sight of the tests' window, with what is kept beyond. */
const MOST_ROWS = 40;

/** Each page, and what is there once it has something to show. */
const PLACES = [
  ['#/', 'tr[data-live]'],
  ['#/sources/sensor-0500', '.charts canvas'],
  ['#/rollups', '.links a'],
  ['#/rollups/by-match/match-1', '.charts canvas'],
  ['#/alerts', 'table.alerts tbody tr'],
  ['#/ledger', '.books'],
  ['#/operations', '.operations table'],
] as const;

/** The page is the same in both schemes, but for its colours. */
const AXE = {
  light: { resultTypes: ['violations'] },
  dark: { resultTypes: ['violations'], runOnly: ['color-contrast'] },
};

/** To end a connection under the page's hands. */
const KEEP_SOCKETS = `window.sockets = []; window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.sockets.push(this); }
};`;

async function goTo(page: Page, route: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(route)}`);
}

async function focused(page: Page): Promise<string> {
  return String(await page.evaluate('document.activeElement.textContent'));
}

/** What has the focus, and the title, at the moment the page's heading first says this: a screen reader reads them then. */
function onceHeadingSays(heading: string): string {
  return `new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if (document.querySelector('h1')?.textContent !== ${JSON.stringify(heading)}) return;
      observer.disconnect();
      resolve({ focused: document.activeElement.textContent, title: document.title });
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  })`;
}
