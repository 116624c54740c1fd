// Rules of AWS IoT: the part of their SQL that runs here, what policies let devices do, and a broker that runs both.
import { describe, expect, onTestFinished, test } from 'vitest';
import { mayDo, readTopicRule } from '../../../src/local-stack/iot/read-topic-rule.ts';
import { parseRuleSql } from '../../../src/local-stack/iot/rule-sql.ts';
import { filledIn, isTopicOf, selectFrom } from '../../../src/local-stack/iot/run-rule.ts';
import { startBroker } from '../../../src/local-stack/iot/start-broker.ts';
import { mqttConnect, mqttPublish, mqttTalk } from '../../support/mqtt-talk.ts';

const message = (payload: string, topic = 'root/d1/events') => ({
  topic,
  payload: Buffer.from(payload),
  clientId: 'd1',
  nowMs: 5,
  newId: () => 'uuid',
});

describe('the SQL', () => {
  test.each([
    ["SELECT * FROM 'a'", '{"t":1}', { t: 1 }],
    ["select t, s.u as u from 'a'", '{"t":1,"s":{"u":2}}', { t: 1, u: 2 }],
    [
      "SELECT *, topic(2) AS d, clientid() AS c, timestamp() AS at, 'x' AS k, 3 AS n FROM 'a'",
      '{"t":1}',
      { t: 1, d: 'd1', c: 'd1', at: 5, k: 'x', n: 3 },
    ],
    ["SELECT encode(*, 'base64') AS data, topic() FROM 'a'", 'hi', { data: 'aGk=', topic: 'root/d1/events' }],
    ["SELECT missing, topic(9) AS none FROM 'a'", '{}', {}],
  ])('%s', (sql, payload, expected) => {
    expect(JSON.parse(selectFrom(parseRuleSql(sql), message(payload)))).toEqual(expected);
  });

  test.each([
    ["SELECT * FROM 'a' WHERE t > 5", 'found "WHERE t > 5" at character 18, expected the end'],
    ["SELECT get_thing_shadow('x') FROM 'a'", 'get_thing_shadow() does not run locally'],
    ["SELECT encode(*, 'hex') FROM 'a'", "expected 'base64'"],
    ['SELECT * FROM a', 'expected a text in quotes'],
    ['UPDATE x', 'expected SELECT'],
  ])('%s is refused', (sql, reason) => {
    expect(() => parseRuleSql(sql)).toThrow(reason);
  });

  test('a payload that is no object has nothing to select from', () => {
    expect(() => selectFrom(parseRuleSql("SELECT t FROM 'a'"), message('[1]'))).toThrow(
      'expected a JSON object',
    );
    expect(() => selectFrom(parseRuleSql("SELECT t FROM 'a'"), message('hi'))).toThrow(
      'found "hi", expected JSON',
    );
  });

  test('texts are filled in', () => {
    expect(filledIn(`k-\${topic(2)}-\${t}-\${none}`, message('{"t":1}'))).toBe('k-d1-1-');
  });

  test.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/+', true],
    ['a/b/c', 'a/+', false],
    ['a', 'a/+', false],
    ['a/b/c', 'a/#', true],
    ['a', 'a/#', true],
    ['$aws/x', '+/x', false],
    ['$aws/x', '#', false],
    ['$aws/x', '$aws/+', true],
  ])('the topic %s is of %s: %s', (topic, filter, expected) => {
    expect(isTopicOf(topic, filter)).toBe(expected);
  });
});

describe('a rule of the template', () => {
  const payload = {
    Sql: "SELECT * FROM 'a/+'",
    Actions: [{ Kinesis: { StreamName: 's', PartitionKey: `\${topic(2)}`, RoleArn: 'r' } }],
  };
  const read = (own: object) =>
    readTopicRule({
      ...{ logicalId: 'Rule', name: 'rule', arn: '', attributes: {}, properties: [] },
      property: () => ({ ...payload, ...own }),
    });

  test('is read with its actions; a disabled one is none', () => {
    expect(read({})).toMatchObject([
      { query: { from: 'a/+' }, actions: [{ stream: 's', partitionKey: `\${topic(2)}`, roleArn: 'r' }] },
    ]);
    expect(read({ RuleDisabled: true })).toEqual([]);
  });

  test.each([
    [{ Sql: "SELECT * FROM 'a' WHERE x" }, /Rule\.TopicRulePayload\.Sql: found "WHERE x"/],
    [{ Actions: [{ Lambda: {} }] }, /found Lambda, expected Kinesis: nothing else runs locally/],
    [
      { Actions: [{ Kinesis: { StreamName: 's', RoleArn: 'r', PartitionKey: `\${rand()}` } }] },
      /PartitionKey: .*rand\(\) does not run locally/,
    ],
  ])('that would not do here what it does there is refused', (own, reason) => {
    expect(() => read(own)).toThrow(reason);
  });
});

const POLICIES = [
  { allows: true, actions: ['iot:Connect'], resources: [`client/\${iot:Connection.Thing.ThingName}`] },
  { allows: true, actions: ['iot:Publish'], resources: [`topic/root/\${iot:Connection.Thing.ThingName}/*`] },
];

test.each([
  ['iot:Publish', 'topic/root/d1/events', 'd1', true],
  ['iot:Publish', 'topic/root/d2/events', 'd1', false],
  ['iot:Publish', 'topic/root/d2/events', '*', false],
  ['iot:Publish', 'topic/other/d1/events', 'd1', false],
  ['iot:Subscribe', 'topicfilter/root/d1/events', 'd1', false],
])('policies: %s on %s by %s: %s', (action, resource, clientId, expected) => {
  expect(mayDo(POLICIES, { clientId, action, resource })).toBe(expected);
});

describe('the broker', () => {
  async function running(put: (data: string) => Promise<void>) {
    const failures: string[] = [];
    const outcomes: object[] = [];
    const [rule] = readTopicRule({
      ...{ logicalId: 'Rule', name: 'rule', arn: '', attributes: {}, properties: [] },
      property: () => ({
        Sql: "SELECT encode(*, 'base64') AS document, topic(2) AS source FROM 'root/+/+'",
        Actions: [{ Kinesis: { StreamName: 's', PartitionKey: `\${topic(2)}`, RoleArn: 'r' } }],
      }),
    });
    const broker = await startBroker({
      rules: rule === undefined ? [] : [rule],
      policies: POLICIES,
      put: async ({ stream, partitionKey, data }) => await put(`${stream} ${partitionKey} ${data}`),
      nowMs: () => 5,
      onFailure: (failure) => failures.push(failure),
      observe: (outcome) => outcomes.push(outcome),
    });
    onTestFinished(() => broker.stop());
    return { url: broker.url, failures, outcomes };
  }

  test('acknowledges what its rules have put, each with the name of the topic', async () => {
    const puts: string[] = [];
    const { url, failures, outcomes } = await running(async (data) => void puts.push(data));
    expect(await mqttTalk(url, [mqttConnect('d1'), mqttPublish('root/d1/events', 'hi')])).toEqual([
      'connack 0',
      'puback',
    ]);
    expect(puts).toEqual(['s d1 {"document":"aGk=","source":"d1"}']);
    expect(failures).toEqual([]);
    expect(outcomes).toEqual([{ rule: 'rule', succeeded: true }]);
  });

  test('lets nobody publish for another', async () => {
    const puts: string[] = [];
    const { url } = await running(async (data) => void puts.push(data));
    expect(await mqttTalk(url, [mqttConnect('d1'), mqttPublish('root/d2/events', 'hi')])).toEqual([
      'connack 0',
      'closed',
    ]);
    expect(puts).toEqual([]);
  });

  test('tells what could not be put', async () => {
    const { url, failures, outcomes } = await running(async () => Promise.reject(new Error('no stream')));
    expect(await mqttTalk(url, [mqttConnect('d1'), mqttPublish('root/d1/events', 'hi')])).toEqual([
      'connack 0',
      'puback',
    ]);
    expect(failures).toEqual(['rule Rule, topic root/d1/events: no stream']);
    expect(outcomes).toEqual([{ rule: 'rule', succeeded: false }]);
  });
});
