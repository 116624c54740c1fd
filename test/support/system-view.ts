// What a system came to, without what may differ between two deliveries of one stream: versions, what the latest write
// carried, ids already forgotten.
import { decodeState } from '../../src/core/state-encoding.ts';
import { type StoredWindow, summarizeStored } from '../../src/core/stored-window.ts';
import type { ConsumerSystem } from './consumer-system.ts';
import { comparableState } from './stream-runner.ts';

/** Every source's state: counts, position, open windows, ids remembered. */
export async function statesView(system: ConsumerSystem): Promise<Map<string, unknown>> {
  const views: [string, unknown][] = [];
  for await (const { source, state } of system.states.scan()) {
    const decoded = decodeState(source, state, system.pipeline);
    views.push([source, comparableState(decoded, system.pipeline)]);
  }
  return new Map(views);
}

/** Windows by series and start; rollup windows with their parts merged. */
export async function windowsView(
  system: Pick<ConsumerSystem, 'windows'>,
  kind: 'source' | 'rollup',
): Promise<Map<string, unknown>> {
  const series = new Set<string>();
  for await (const window of system.windows.scan()) {
    if (window.series.startsWith(`${kind}|`)) series.add(window.series);
  }
  const views: [string, unknown][] = [];
  for (const name of series) {
    for await (const window of system.windows.list(name)) {
      views.push([windowKey(window), windowContents(window)]);
    }
  }
  return new Map(views);
}

/** Dead letters by coordinates: `late`, or the reason of the quarantine. */
export async function lettersView(system: ConsumerSystem): Promise<Map<string, string>> {
  const letters: [string, string][] = [];
  for await (const { at, reason } of system.deadLetters.list()) {
    letters.push([`${at.shard}:${at.sequence}:${at.index}`, reason]);
  }
  return new Map(letters.sort());
}

/** Sessions of one source may begin together, where a late event joins one that touches a closed one. */
export function windowKey({ series, start, end }: Pick<StoredWindow, 'series' | 'start' | 'end'>): string {
  return `${series} ${start} ${end}`;
}

export function windowContents(window: StoredWindow): unknown {
  const { end, events, metrics } = summarizeStored(window);
  return { end, events, metrics: new Map([...metrics].map(([name, summary]) => [name, plain(summary)])) };
}

/** A negative zero is a zero. */
export function plain(summary: object): ReadonlyMap<string, unknown> {
  return new Map(Object.entries(summary).map(([name, value]) => [name, value === 0 ? 0 : value]));
}
