// Parses the `-c name=value` options of the CDK command line; values come as text. What is said there counts before the settings.
import { PROFILES, type Profile, type Settings } from './settings/settings.ts';

export interface AppOptions {
  /** Pipeline definition, TypeScript or JSON. */
  readonly pipelineFile?: string;
  /** Settings, TypeScript or JSON. */
  readonly settingsFile?: string;
  readonly stage?: string;
  readonly settings: Settings;
}

/** Throws with what was found and what was expected. */
export function readOptions(context: (name: string) => unknown): AppOptions {
  const given = <T>(name: string, read: (name: string, value: unknown) => T): T | undefined => {
    const value = context(name);
    return value === undefined ? undefined : read(name, value);
  };
  return {
    ...defined({
      pipelineFile: given('pipeline', fileName),
      settingsFile: given('settings', fileName),
      stage: given('stage', stageName),
    }),
    settings: defined({
      shards: given('shards', shardCount),
      alarmTopic: given('alarmTopic', topicArn),
      throwAway: given('throwAway', flag),
      profile: given('profile', profileName),
      archive: given('archive', flag),
      rebuild: given('rebuild', flag),
      apiLogRole: given('apiLogRole', flag),
      firstCreate: given('firstCreate', flag),
      mqtt: given('mqtt', flag),
      incoming: given('incoming', flag),
      incidents: given('incidents', flag),
      load: given('load', flag),
    }),
  };
}

/** Without what is undefined. */
function defined<T extends object>(options: T): { readonly [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  // The keys and their types are those that went in.
  return Object.fromEntries(entries) as { readonly [K in keyof T]?: Exclude<T[K], undefined> };
}

function fileName(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`-c ${name}: found ${JSON.stringify(value)}, expected a file name`);
}

function stageName(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(
    `-c ${name}: found ${JSON.stringify(value)}, expected the name of a stage, e.g. production`,
  );
}

function profileName(name: string, value: unknown): Profile {
  const found = PROFILES.find((profile) => profile === value);
  if (found !== undefined) return found;
  throw new Error(`-c ${name}: found ${JSON.stringify(value)}, expected one of ${PROFILES.join(', ')}`);
}

function topicArn(name: string, value: unknown): string {
  if (typeof value === 'string' && /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/.test(value)) return value;
  throw new Error(`-c ${name}: found ${JSON.stringify(value)}, expected the ARN of an SNS topic`);
}

function shardCount(name: string, value: unknown): number {
  const shards = Number(value);
  if (Number.isInteger(shards) && shards >= 1) return shards;
  throw new Error(
    `-c ${name}: found ${JSON.stringify(value)}, expected a whole number of at least 1 (leave it out for on-demand)`,
  );
}

function flag(name: string, value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error(`-c ${name}: found ${JSON.stringify(value)}, expected true or false`);
}
