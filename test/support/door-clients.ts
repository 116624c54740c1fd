// A process full of devices that post through the HTTP door, to be killed and started again: `node door-clients.ts
// SETTINGS.json`. Each device puts its events once and in order, as far as it has not noted that it did; then all flush,
// and the process says so.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttpClient } from '../../producers/http/http-client.ts';
import { systemClock } from '../../src/platform/clock.ts';

export interface ClientSettings {
  readonly apiUrl: string;
  readonly folder: string;
  readonly devices: readonly { readonly source: string; readonly token: string }[];
  readonly events: number;
  readonly firstMs: number;
}

const settings: ClientSettings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));

const delivered = await Promise.all(
  settings.devices.map(async ({ source, token }) => {
    const folder = join(settings.folder, source);
    const client = await createHttpClient({
      apiUrl: settings.apiUrl,
      source,
      token: () => token,
      folder,
      deps: { fetch, clock: systemClock, random: Math.random },
      // The process is what dies here, not the machine.
      options: { lingerMs: 20, backoffBaseMs: 20, backoffCapMs: 200, maxEventsPerRequest: 4, fsync: 'never' },
    });
    const note = join(folder, 'put');
    const begin = existsSync(note) ? Number(readFileSync(note, 'utf8')) : 0;
    for (let id = begin; id < settings.events; id++) {
      await client.put({ id, time: settings.firstMs + id * 1_000, values: { n: id } });
      writeFileSync(note, String(id + 1));
      if (id === settings.events / 2) process.send?.('half');
    }
    await client.flush();
    const { buffered, refused, damaged } = client.stats();
    await client.close();
    return { source, buffered, refused, damaged };
  }),
);
process.send?.({ done: delivered });
