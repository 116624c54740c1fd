// The settings that a local run is made by: those of the CDK app, read as `cdk synth` reads them, as far as they hold on one machine.
import { InvalidArgumentError } from 'commander';
import { loadSettings } from '../../cdk/load-settings.ts';
import { readOptions } from '../../cdk/read-options.ts';
import { readSettings } from '../../cdk/settings/read-settings.ts';
import type { Settings } from '../../cdk/settings/settings.ts';
import { UsageError } from './exit.ts';

/** `-c name=value`, as often as it is given. */
export type Context = ReadonlyMap<string, string>;

/** For commander: adds one to those before. */
export function contextEntry(text: string, before: Context): Context {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Expected name=value, e.g. stage=dev.');
  return new Map([...before, [name, value]]);
}

export interface StackSettings {
  readonly settings: Settings;
  /** The file named by `-c pipeline=FILE`. */
  readonly pipelineFile: string | undefined;
}

/** `said`: by options of the command's own, which count first. @throws UsageError, SettingsError, DefinitionFileError */
export async function stackSettings(context: Context, said: Settings = {}): Promise<StackSettings> {
  const asked = new Set<string>();
  const options = usage(() =>
    readOptions((name) => {
      asked.add(name);
      return context.get(name);
    }),
  );
  const unknown = [...context.keys()].find((name) => !asked.has(name));
  if (unknown !== undefined)
    throw new UsageError(`-c ${unknown}: found no such name, expected one of ${[...asked].join(', ')}`);
  const definition = await loadSettings(options.settingsFile);
  const settings = readSettings(definition, options.stage, { ...options.settings, ...said });
  return { settings: localSettings(settings), pipelineFile: options.pipelineFile };
}

function usage<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** Names, keys, domains, copies, budgets and what is kept when a stack goes are of an account: none of it is here. */
const LOCAL: readonly (keyof Settings)[] = [
  'archive',
  'authorizerCacheSeconds',
  'concurrency',
  'doorLimits',
  'incidents',
  'incoming',
  'mqtt',
  'outlet',
  'profile',
  'quietAfterMs',
  'rebuild',
  'retentionMs',
  'shards',
];

function localSettings(settings: Settings): Settings {
  return Object.fromEntries(
    LOCAL.flatMap((key) => (settings[key] === undefined ? [] : [[key, settings[key]]])),
  );
}
