// The outlet tells of everything that became so: each thing under one id, with the same words however often it is told.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { summarizeStored } from '../../../src/core/stored-window.ts';
import { textOf } from '../../../src/stores/table.ts';
import { windowMessage } from '../../../src/wire/outlet/outlet-message.ts';
import { arbitraryFaults, arbitrarySteps } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry } from '../../support/arbitrary-telemetry.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import { arbitraryPipeline } from '../../support/event-streams.ts';
import { atLeast } from '../../support/runs.ts';

fc.configureGlobal({ baseSize: 'medium' });

test('final windows and late events are each told, in the same words however often, whatever goes wrong', async () => {
  let finalRollups = 0;
  await fc.assert(
    fc.asyncProperty(
      arbitraryTelemetry(),
      arbitraryPipeline,
      arbitrarySteps([], { containers: 1 }),
      arbitrarySteps(['redeliver', 'stall', 'replace']),
      arbitrarySteps(['redeliver', 'stall']),
      arbitraryFaults,
      async (telemetry, pipeline, batches, rolling, telling, draws) => {
        const system = new ConsumerSystem(pipeline);
        system.tells = 'final,late';
        const folding = system.aggregateDeliverer(telemetry.deliveries);
        await folding.run(batches);
        await folding.finish();
        await system.closeEverything();
        system.faults.begin(draws);
        const rollup = system.rollupDeliverer();
        await rollup.run(rolling);
        const early = system.liveDeliverer();
        await early.run(telling);
        system.faults.stop();
        await early.finish();
        await rollup.finish();
        await system.liveDeliverer().finish();

        const told = toldBy(system);
        for await (const window of windowsOf(system)) {
          if (!window.final) continue;
          const { id, body } = windowMessage(window);
          expect(told.get(id), id).toBe(JSON.stringify(body));
          if (window.series.startsWith('rollup|')) finalRollups += 1;
        }
        const sources = [...told.keys()].filter((id) => id.startsWith('window-final/source|'));
        expect(sources.length).toBe(await count(windowsOf(system, 'source')));
        const late = [];
        for await (const { at, reason } of system.deadLetters.list())
          if (reason === 'late') late.push(`late/${at.shard}/${at.sequence}/${at.index}`);
        expect([...told.keys()].filter((id) => id.startsWith('late/')).sort()).toEqual(late.sort());
      },
    ),
    { numRuns: atLeast(50) },
  );
  expect(finalRollups).toBeGreaterThan(0);
});

/** By id, what was told; told twice in other words, it throws. */
function toldBy(system: ConsumerSystem): ReadonlyMap<string, string> {
  const told = new Map<string, string>();
  for (const { newImage } of system.tables.changes.outlet) {
    const body = newImage === undefined ? undefined : textOf(newImage, 'body');
    if (body === undefined) continue;
    const { id }: { readonly id: string } = JSON.parse(body);
    expect(told.get(id) ?? body, `${id} is told in the words it was told in before`).toBe(body);
    told.set(id, body);
  }
  return told;
}

async function* windowsOf(system: ConsumerSystem, only?: 'source') {
  const series = new Set<string>();
  for await (const window of system.windows.scan()) series.add(window.series);
  for (const each of series) {
    if (only !== undefined && !each.startsWith(`${only}|`)) continue;
    for await (const window of system.windows.list(each)) yield summarizeStored(window);
  }
}

async function count(windows: AsyncIterable<unknown>): Promise<number> {
  let counted = 0;
  for await (const _ of windows) counted += 1;
  return counted;
}
