// The examples of docs/how-to-own-function.md and docs/how-to-own-readers.md, added to a copy of the project as the documents say, and run.
// On the real servers by night, which also checks their types (test/nightly/own-functions.test.ts).
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { type Plan, type PlannedRecord, START_MS } from '../../src/simulation/plan.ts';
import { formatSavedPlan } from '../../src/simulation/saved-plan.ts';
import { copyWithExamples } from '../support/copy-with-examples.ts';
import { lastSaidBy } from '../support/own-function-run.ts';

const run = promisify(execFile);

let copy = '';
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'tidemill-own-'));
  await copyWithExamples(copy, ['docs/how-to-own-function.md', 'docs/how-to-own-readers.md']);
});
afterAll(() => rm(copy, { recursive: true, force: true }));

/** A small plan: making one smaller in which something goes wrong is most of what a run of the simulation takes. */
function deliveredAgain(): Plan {
  const plan = makePlan(1);
  const spike = (id: number, atMs: number): PlannedRecord => {
    const event = { source: 'oven', id, time: START_MS + atMs, values: { temperature: 101 } };
    return { atMs, key: 'oven', form: 'event', events: [event] };
  };
  return {
    ...plan,
    // Nothing goes wrong any more once the last has come.
    records: [spike(1, 1_000), spike(2, 60_000)],
    actions: [],
    // Ticks come in batches of their own.
    faults: Array.from({ length: 10 }, (_, at) => ({
      kind: 'redelivered' as const,
      function: 'aggregate' as const,
      invocation: at + 1,
      afterMs: 100,
    })),
  };
}

/** Three records of an oven, one of them with two events of which one is too hot; windows of a kiln come out by the outlet's stream when final. */
const BOTH = `
import settings from './cdk/settings.ts';
import { readSettings } from './cdk/settings/read-settings.ts';
import { startRuntime } from './src/run/runtime.ts';
const lines = [];
const runtime = await startRuntime({
  pipeline: { aggregations: [{ name: 'a', window: { tumbling: '1m' } }] },
  settings: readSettings(settings, undefined),
  shards: 1, schedules: false, httpPort: 0, inMemory: true,
  onLine: ({ text }) => { if (text.startsWith('{')) lines.push(JSON.parse(text)); },
});
try {
  const oven = (temperature) => ({ source: 'oven', time: Date.now(), values: { temperature } });
  const kiln = (second) => ({ source: 'kiln', time: 1767225600000 + second * 1000, values: { t: 1 } });
  const records = [oven(20), [oven(99), oven(180)], oven(101), kiln(0), kiln(1), kiln(60)].map((data) => ({
    partitionKey: [data].flat()[0].source, data: Buffer.from(JSON.stringify(data)),
  }));
  await runtime.sink.putRecords({ streamName: runtime.streamName, records });
  await runtime.caughtUp();
  await runtime.closeAll();
  await runtime.caughtUp();
  const kept = lines.filter(({ message }) => message === 'spikes kept');
  const final = lines.filter(({ message, id }) => message === 'final' && id.includes('|kiln/'));
  console.log(JSON.stringify({
    kept: kept.reduce((sum, { spikes }) => sum + spikes, 0),
    final: final.map(({ id, events }) => ({ id, events })),
    handlers: runtime.system.functions.map(({ handler }) => handler),
  }));
} finally {
  await runtime.stop();
}
`;

it('a function runs as the others do, and a reader of the outlet hears of each window once it is final', async () => {
  const { kept, final, handlers } = await lastSaidBy(copy, BOTH);
  expect(kept).toBe(2);
  expect(handlers).toContain('consumers/spikes/handler.handler');
  expect(final).toEqual([
    { id: 'window-final/source|a|kiln/1767225600000-1767225660000/2', events: 2 },
    { id: 'window-final/source|a|kiln/1767225660000-1767225720000/1', events: 1 },
  ]);
}, 300_000);

it('a function runs in the simulation, where its own check is held whatever goes wrong', async () => {
  const simulate = (...args: readonly string[]) =>
    run(process.execPath, ['src/cli/tidemill.ts', 'simulate', ...args], { cwd: copy });
  // A record with a spike comes again: one that counts what is delivered is told of.
  const plan = join(copy, 'again.json');
  await writeFile(
    plan,
    formatSavedPlan({ found: 'a spike that comes again', law: '', plan: deliveredAgain() }),
  );
  expect((await simulate('--plan', plan)).stdout).toMatch(/holds/);
  const file = join(copy, 'consumers/spikes/wire.ts');
  const wire = await readFile(file, 'utf8');
  try {
    await writeFile(file, wire.replace(/text\(`[^`]*`\)/, 'text(crypto.randomUUID())'));
    await expect(simulate('--plan', plan)).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/spikes, a function of one's own, is right whatever went wrong/),
    });
  } finally {
    await writeFile(file, wire);
  }
}, 400_000);
