// A disk that is full, in the form of /dev/full, under the checkpoints of a replay; by day under what it tells (integration/cli-full-disk.test.ts).
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RuntimeError } from '../../src/local-stack/runtime-error.ts';
import { readTemplate } from '../../src/local-stack/template.ts';
import { replay } from '../../src/run/replay.ts';
import { synthesizeOrKept } from '../../src/run/synthesize.ts';
import { EVENT_LINES, folderWith } from '../support/failing-command.ts';
import { fastFolder } from '../support/fast-folder.ts';

it('a full disk under the checkpoints ends a replay and says so', async () => {
  const file = join(await folderWith({ 'ok.ndjson': EVENT_LINES.join('') }), 'ok.ndjson');
  const dataFolder = await fastFolder();
  const options = { files: [file], shards: 1, speed: 'max', kills: 0, reshard: false, dataFolder } as const;
  const pipeline = { aggregations: [{ name: 'a', window: { tumbling: '10s' } }] };
  const checkpoints = join(dataFolder, 'checkpoints');
  await mkdir(checkpoints);
  const outFolder = join(await fastFolder(), 'cdk.out');
  const { mappings } = readTemplate(await synthesizeOrKept({ pipeline, outFolder }), 'us-east-1');
  for (const { uuid } of mappings) await symlink('/dev/full', join(checkpoints, `${uuid}.json.new`));
  const replaying = replay({ ...options, pipeline });
  await expect(replaying).rejects.toThrow(/^checkpoints of \w+ cannot be written: .*ENOSPC/);
  await expect(replaying).rejects.toBeInstanceOf(RuntimeError);
});
