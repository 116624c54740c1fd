import { StreamProgress } from '../../src/stores/stream-progress.ts';
import type { Table } from '../../src/stores/table.ts';

/** As if the closer had found that everything has been read until then. `readers`: the table that it notes it in. */
export async function readUpToIs(readUpToMs: number, readers: Table): Promise<void> {
  await new StreamProgress(readers).storeHorizon(readUpToMs);
}
