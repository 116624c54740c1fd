import { expect } from 'vitest';
import { imbalance } from '../../src/core/ledger.ts';
import { readLedger } from '../../src/stores/read-ledger.ts';
import type { Telemetry } from './arbitrary-telemetry.ts';
import type { ConsumerSystem } from './consumer-system.ts';
import { referenceOutcome } from './reference-system.ts';
import { lettersView, windowsView } from './system-view.ts';

/** Everything stored is what the reference makes of the stream; all is to be closed and the changelog handled. */
export async function expectReference(system: ConsumerSystem, telemetry: Telemetry): Promise<void> {
  const expected = referenceOutcome(telemetry, system.pipeline);
  const ledger = await readLedger(system.states, system.deadLetters);
  expect(ledger, 'the books are the reference’s').toMatchObject(expected.ledger);
  expect(imbalance(ledger), 'the books balance').toBe(0);
  expect(ledger.lateLetters, 'a dead letter for each late event').toBe(ledger.late);
  const letters = [...(await lettersView(system))];
  expect(
    new Map(letters.map(([at, reason]) => [at, reason === 'late' ? 'late' : 'quarantined'])),
    'dead letters are the reference’s',
  ).toEqual(expected.letters);
  expect(await windowsView(system, 'source'), 'closed windows are the reference’s').toEqual(
    expected.sourceWindows,
  );
  for await (const { series, start, final } of system.windows.scan()) {
    expect({ series, start, final }, 'what has closed everywhere is final').toEqual({
      series,
      start,
      final: true,
    });
  }
  expect(
    await windowsView(system, 'rollup'),
    'rollup windows are the applied events grouped by tags',
  ).toEqual(expected.rollupWindows);
}
