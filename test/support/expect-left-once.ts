import { expect } from 'vitest';
import { decodeChangedWindows } from '../../src/core/state-changes.ts';
import { bytesOf, textOf } from '../../src/stores/table.ts';
import type { ConsumerSystem } from './consumer-system.ts';

/** The changelog carries each closed window and each letter in one change alone. */
export function expectLeftOnce({ tables }: ConsumerSystem): void {
  const left: string[] = [];
  for (const { keys, newImage } of tables.changes.sources) {
    const source = textOf(keys, 'source') ?? '';
    const { closed, letters } = decodeChangedWindows(source, bytesOf(newImage ?? {}, 'state') ?? '');
    left.push(
      ...closed.map(({ aggregation, start, end }) => `closed ${source} ${aggregation} ${start} ${end}`),
    );
    left.push(...letters.map(({ at }) => `letter ${at.shard} ${at.sequence} ${at.index}`));
  }
  expect(new Set(left).size, 'closed windows and letters leave once').toBe(left.length);
}
