// A local run is made by the settings that `cdk synth` reads, as far as they hold on one machine.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { contextEntry, stackSettings } from '../../../src/cli/stack-settings.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const contextOf = (...entries: readonly string[]) =>
  entries.reduce(
    (before, entry) => contextEntry(entry, before),
    new Map<string, string>() as ReadonlyMap<string, string>,
  );

async function settingsFile(settings: object): Promise<string> {
  const file = join(await temporaryFolder(), 'settings.json');
  await writeFile(file, JSON.stringify(settings));
  return file;
}

it('is made as it comes where nothing is set', async () => {
  expect(await stackSettings(contextOf())).toEqual({ settings: {}, pipelineFile: undefined });
});

it('takes of a stage what holds on one machine, and leaves what is of an account', async () => {
  const file = await settingsFile({
    outlet: { to: 'kinesis', tells: ['final'], shards: 1 },
    tags: { team: 'iot' },
    region: 'eu-central-1',
    domain: {
      api: { name: 'api.example.org', certificate: 'arn:aws:acm:eu-central-1:123456789012:certificate/a' },
    },
    stages: { trial: { archive: true, profile: 'low', logs: { retention: '90d' } } },
  });
  const { settings } = await stackSettings(contextOf('stage=trial', `settings=${file}`));
  expect(settings).toEqual({
    archive: true,
    profile: 'low',
    outlet: { to: 'kinesis', tells: ['final'], shards: 1 },
  });
});

it('counts what is said before what is written', async () => {
  const file = await settingsFile({ archive: false, profile: 'low' });
  const context = contextOf(`settings=${file}`, 'profile=cheap', 'pipeline=p.json');
  expect(await stackSettings(context, { archive: true })).toEqual({
    settings: { archive: true, profile: 'cheap' },
    pipelineFile: 'p.json',
  });
});

it.each([
  [['stag=dev'], '-c stag: found no such name, expected one of pipeline, settings, stage, shards'],
  [['profile=fast'], '-c profile: found "fast", expected one of low, balanced, cheap'],
  [['stage=nowhere'], '-c stage: found "nowhere", expected one of dev, production'],
])('tells what is wrong: %j', async (entries, message) => {
  await expect(stackSettings(contextOf(...entries))).rejects.toThrow(message);
});

it('wants a name and a value', () => {
  expect(() => contextOf('stage')).toThrow('Expected name=value, e.g. stage=dev.');
});
