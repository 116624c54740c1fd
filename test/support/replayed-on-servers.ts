// A recording replayed on the real servers, and what is stored of it.
import { useStores } from '../../src/cli/open-stores.ts';
import { type ReplayOptions, replay } from '../../src/run/replay.ts';
import { collect } from './collect.ts';
import { fastFolder } from './fast-folder.ts';
import { windowsView } from './system-view.ts';

export async function replayedOnServers(
  file: string,
  pipeline: object,
  options: Partial<ReplayOptions> = {},
) {
  const dataFolder = await fastFolder();
  const report = await replay({
    files: [file],
    pipeline,
    speed: 'max',
    shards: 1,
    dataFolder,
    kills: 0,
    reshard: false,
    ...options,
  });
  const stored = await useStores({ data: dataFolder }, async (stores) => ({
    sourceWindows: await windowsView(stores, 'source'),
    rollupWindows: await windowsView(stores, 'rollup'),
    stateVersions: (await collect(stores.states.scan())).map(({ version }) => version),
  }));
  return { report, ...stored };
}
