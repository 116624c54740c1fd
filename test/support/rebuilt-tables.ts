// The tables of a generation in memory, and what they came to: nothing in it depends on batches, deliveries or versions.
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { decodeState } from '../../src/core/state-encoding.ts';
import { Alerts } from '../../src/stores/alerts.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import type { GenerationTables } from '../../src/stores/generation-tables.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { SourceStates } from '../../src/stores/source-states.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { Windows } from '../../src/stores/windows.ts';
import { comparableState } from './stream-runner.ts';
import { windowsView } from './system-view.ts';

export function memoryGeneration(): { readonly [K in keyof GenerationTables]: MemoryTable } {
  return {
    sources: new MemoryTable(TABLE_SCHEMAS.sources),
    windows: new MemoryTable(TABLE_SCHEMAS.windows),
    deadLetters: new MemoryTable(TABLE_SCHEMAS.deadLetters),
    alerts: new MemoryTable(TABLE_SCHEMAS.alerts),
    readers: new MemoryTable(TABLE_SCHEMAS.readers),
  };
}

interface Stores {
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly deadLetters: DeadLetters;
  readonly alerts: Alerts;
}

export function storesOf({ sources, windows, deadLetters, alerts }: GenerationTables): Stores {
  return {
    states: new SourceStates(sources),
    windows: new Windows(windows),
    deadLetters: new DeadLetters(deadLetters),
    alerts: new Alerts(alerts),
  };
}

export async function viewOf({ states, windows, deadLetters, alerts }: Stores, pipeline: Pipeline) {
  const sources = new Map<string, unknown>();
  for await (const { source, state } of states.scan()) {
    const { upTo, ...view } = comparableState(decodeState(source, state, pipeline), pipeline);
    sources.set(source, { ...view, upTo: upTo.map(({ stream: _, ...place }) => place) });
  }
  const letters: string[] = [];
  for await (const { at, reason } of deadLetters.list())
    letters.push(`${at.shard} ${at.sequence} ${at.index} ${reason}`);
  const standing: string[] = [];
  // How often it was told of on the way depends on the order in which windows became final; how it stands in the end does not.
  for await (const { rule, series, state } of alerts.scan()) {
    // Nor does whether one that is well was ever looked at.
    if (state.status !== 'ok') standing.push(`${rule} ${series} ${state.status}`);
  }
  return {
    sources: new Map([...sources].sort()),
    windows: await windowsView({ windows }, 'source'),
    rollups: await windowsView({ windows }, 'rollup'),
    letters: letters.sort(),
    alerts: standing.sort(),
  };
}
