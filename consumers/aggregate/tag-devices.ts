// Gives decoded events the tags of their devices, by when their records arrived.
import type { DeviceHistory } from '../../src/core/device-history.ts';
import { tagsAt } from '../../src/core/device-history.ts';
import { withDeviceTags } from '../../src/core/device-tags.ts';
import type { DecodedBatch } from './decode-batch.ts';

/** What loads them: the function's cache, or the table itself. */
export interface KnownDevices {
  load(sources: readonly string[]): Promise<ReadonlyMap<string, DeviceHistory>>;
}

/** Changes the batch's events in place. @throws StoreError where the table cannot be read: then nothing is changed */
export async function tagDevices(
  { bySource, skipped }: Pick<DecodedBatch, 'bySource' | 'skipped'>,
  devices: KnownDevices,
): Promise<void> {
  const histories = await devices.load([...bySource.keys()]);
  for (const [source, { events, arrivalsMs }] of bySource) {
    const history = histories.get(source) ?? [];
    if (history.length === 0) continue;
    for (const [at, event] of events.entries()) {
      const tags = tagsAt(history, arrivalsMs[at] ?? 0);
      if (tags === undefined) continue;
      events[at] = withDeviceTags(event, tags, (name) => skipped?.add('(devices)', name, 'too many'));
    }
  }
}
