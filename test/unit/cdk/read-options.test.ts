import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../cdk/read-options.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:ops';
const read = (context: Readonly<Record<string, unknown>>) => readOptions((name) => context[name]);

describe('the options of the CDK app', () => {
  it('may all be left out', () => {
    expect(read({})).toEqual({ settings: {} });
  });

  it('come as text from the command line', () => {
    const context = { pipeline: 'p.json', settings: 's.json', stage: 'dev', profile: 'low' };
    expect(read({ ...context, shards: '4', throwAway: 'true', alarmTopic: TOPIC, archive: 'true' })).toEqual({
      pipelineFile: 'p.json',
      settingsFile: 's.json',
      stage: 'dev',
      settings: { alarmTopic: TOPIC, shards: 4, throwAway: true, profile: 'low', archive: true },
    });
  });

  it.each([
    [{ shards: '0' }, '-c shards: found "0", expected a whole number of at least 1'],
    [{ shards: 'many' }, '-c shards: found "many", expected a whole number'],
    [{ throwAway: 'yes' }, '-c throwAway: found "yes", expected true or false'],
    [{ archive: 'on' }, '-c archive: found "on", expected true or false'],
    [{ incoming: 'on' }, '-c incoming: found "on", expected true or false'],
    [{ alarmTopic: 'ops' }, '-c alarmTopic: found "ops", expected the ARN of an SNS topic'],
    [{ profile: 'fast' }, '-c profile: found "fast", expected one of low, balanced, cheap'],
    [{ stage: '' }, '-c stage: found "", expected the name of a stage'],
    [{ pipeline: '' }, '-c pipeline: found "", expected a file name'],
  ])('are refused when wrong: %j', (context, message) => {
    expect(() => read(context)).toThrow(message);
  });
});
