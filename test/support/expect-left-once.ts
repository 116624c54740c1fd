import { expect } from 'vitest';
import { decodeChangedWindows } from '../../src/core/state-encoding.ts';
import { textOf } from '../../src/stores/table.ts';
import type { ConsumerSystem } from './consumer-system.ts';

/** The changelog carries each closed window and each late event in one change alone. */
export function expectLeftOnce({ tables }: ConsumerSystem): void {
  const left: string[] = [];
  for (const { keys, newImage } of tables.changes.sources) {
    const source = textOf(keys, 'source') ?? '';
    const { closed, late } = decodeChangedWindows(source, textOf(newImage ?? {}, 'state') ?? '');
    left.push(...closed.map(({ aggregation, start }) => `closed ${source} ${aggregation} ${start}`));
    left.push(...late.map(({ at }) => `late ${at.shard} ${at.sequence} ${at.index}`));
  }
  expect(new Set(left).size, 'closed windows and late events leave once').toBe(left.length);
}
