// Parses the `-c name=value` options of the CDK command line; values come as text.
import type { TidemillStackOptions } from './stacks/tidemill-stack.ts';

export interface AppOptions extends TidemillStackOptions {
  /** Pipeline definition, TypeScript or JSON. */
  readonly pipelineFile?: string;
}

/** Throws with what was found and what was expected. */
export function readOptions(context: (name: string) => unknown): AppOptions {
  const pipelineFile = context('pipeline');
  const shards = context('shards');
  const throwAway = context('throwAway');
  const alarmTopic = context('alarmTopic');
  return {
    ...(pipelineFile === undefined ? {} : { pipelineFile: fileName(pipelineFile) }),
    ...(shards === undefined ? {} : { shards: shardCount(shards) }),
    ...(alarmTopic === undefined ? {} : { alarmTopic: topicArn(alarmTopic) }),
    ...(throwAway === undefined ? {} : { throwAway: flag('throwAway', throwAway) }),
  };
}

function fileName(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`-c pipeline: found ${JSON.stringify(value)}, expected a file name`);
}

function topicArn(value: unknown): string {
  if (typeof value === 'string' && /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/.test(value)) return value;
  throw new Error(`-c alarmTopic: found ${JSON.stringify(value)}, expected the ARN of an SNS topic`);
}

function shardCount(value: unknown): number {
  const shards = Number(value);
  if (Number.isInteger(shards) && shards >= 1) return shards;
  throw new Error(
    `-c shards: found ${JSON.stringify(value)}, expected a whole number of at least 1 (leave it out for on-demand)`,
  );
}

function flag(name: string, value: unknown): boolean {
  if (value === true || value === 'true') return true;
  if (value === false || value === 'false') return false;
  throw new Error(`-c ${name}: found ${JSON.stringify(value)}, expected true or false`);
}
