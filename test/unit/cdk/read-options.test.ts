import { describe, expect, it } from 'vitest';
import { readOptions } from '../../../cdk/read-options.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:ops';
const read = (context: Readonly<Record<string, unknown>>) => readOptions((name) => context[name]);

describe('the options of the CDK app', () => {
  it('may all be left out', () => {
    expect(read({})).toEqual({});
  });

  it('come as text from the command line', () => {
    expect(read({ pipeline: 'p.json', shards: '4', throwAway: 'true', alarmTopic: TOPIC })).toEqual({
      alarmTopic: TOPIC,
      pipelineFile: 'p.json',
      shards: 4,
      throwAway: true,
    });
  });

  it.each([
    [{ shards: '0' }, '-c shards: found "0", expected a whole number of at least 1'],
    [{ shards: 'many' }, '-c shards: found "many", expected a whole number'],
    [{ throwAway: 'yes' }, '-c throwAway: found "yes", expected true or false'],
    [{ alarmTopic: 'ops' }, '-c alarmTopic: found "ops", expected the ARN of an SNS topic'],
    [{ pipeline: '' }, '-c pipeline: found "", expected a file name'],
  ])('are refused when wrong: %j', (context, message) => {
    expect(() => read(context)).toThrow(message);
  });
});
