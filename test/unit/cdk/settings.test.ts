import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../cdk/settings/read-settings.ts';
import ownSettings from '../../../cdk/settings.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:ops';
const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const MULTI = 'arn:aws:kms:eu-central-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab';
const CERTIFICATE = 'arn:aws:acm:eu-central-1:123456789012:certificate/1234abcd';
const EDGE_CERTIFICATE = 'arn:aws:acm:us-east-1:123456789012:certificate/1234abcd';
const REGIONAL = 'arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/mine/1234abcd';
const GLOBAL = 'arn:aws:wafv2:us-east-1:123456789012:global/webacl/mine/1234abcd';

describe('the settings', () => {
  it('of the project say nothing: the stack is as it comes', () => {
    expect(readSettings(ownSettings, undefined)).toEqual({ stackName: 'Tidemill' });
  });

  it('know two stages without being told', () => {
    expect(readSettings({}, 'dev')).toEqual({
      stage: 'dev',
      stackName: 'Tidemill-dev',
      throwAway: true,
      logDays: 7,
    });
    expect(readSettings({}, 'production')).toEqual({
      stage: 'production',
      stackName: 'Tidemill-production',
      throwAway: false,
      retentionMs: 604_800_000,
      logDays: 90,
      quietAfterMs: 900_000,
    });
  });

  it('say for all stages what none says of its own, and a command line counts before both', () => {
    const definition = {
      name: 'Mill',
      profile: 'cheap',
      tags: { team: 'iot', stage: 'all' },
      concurrency: { aggregate: 10, live: 2 },
      stages: { test: { tags: { stage: 'test' }, concurrency: { aggregate: 5 } }, dev: { profile: 'low' } },
    };
    expect(readSettings(definition, 'test')).toEqual({
      stage: 'test',
      stackName: 'Mill-test',
      profile: 'cheap',
      tags: { team: 'iot', stage: 'test' },
      concurrency: { aggregate: 5, live: 2 },
    });
    expect(readSettings(definition, 'dev')).toMatchObject({ profile: 'low', throwAway: true });
    expect(readSettings(definition, 'dev', { profile: 'balanced' })).toMatchObject({ profile: 'balanced' });
    expect(readSettings(definition, undefined)).toMatchObject({ stackName: 'Mill', profile: 'cheap' });
  });

  it('take every key', () => {
    const definition = {
      region: 'eu-central-1',
      stream: { shards: 4, retention: '14d' },
      protect: true,
      alarms: { topic: TOPIC, quietAfter: '30m' },
      logs: { retention: '365d' },
      archive: true,
      tracing: true,
      kmsKey: MULTI,
      domain: {
        api: { name: 'telemetry.example.com', certificate: CERTIFICATE },
        dashboard: { name: 'mill.example.com', certificate: EDGE_CERTIFICATE },
      },
      webAcl: { api: REGIONAL, dashboard: GLOBAL },
      tags: { team: 'iot' },
      budget: { monthlyUsd: 500, email: 'ops@example.com' },
      profile: 'low',
      tables: {
        capacity: { read: { least: 5, most: 100 }, write: { least: 10, most: 4_000, target: 60 } },
        warm: { read: 12_000, write: 40_000 },
        replicas: ['eu-west-1'],
      },
      concurrency: { aggregate: 100 },
      door: { device: { rate: 5_000, burst: 10_000 }, authorizerCache: '5m' },
      outlet: { to: 'kinesis', tells: ['alerts', 'final'], shards: 2 },
    };
    expect(readSettings(definition, undefined)).toEqual({
      stackName: 'Tidemill',
      region: 'eu-central-1',
      shards: 4,
      retentionMs: 14 * 86_400_000,
      throwAway: false,
      alarmTopic: TOPIC,
      quietAfterMs: 1_800_000,
      logDays: 365,
      archive: true,
      tracing: true,
      kmsKey: MULTI,
      apiDomain: { name: 'telemetry.example.com', certificateArn: CERTIFICATE },
      dashboardDomain: { name: 'mill.example.com', certificateArn: EDGE_CERTIFICATE },
      apiWebAcl: REGIONAL,
      dashboardWebAcl: GLOBAL,
      tags: { team: 'iot' },
      budget: { monthlyUsd: 500, email: 'ops@example.com' },
      profile: 'low',
      capacity: {
        read: { least: 5, most: 100, target: 70 },
        write: { least: 10, most: 4_000, target: 60 },
      },
      warm: { read: 12_000, write: 40_000 },
      replicas: ['eu-west-1'],
      concurrency: { aggregate: 100 },
      doorLimits: { device: { rate: 5_000, burst: 10_000 } },
      authorizerCacheSeconds: 300,
      outlet: { to: 'kinesis', tells: ['final', 'alerts'], shards: 2 },
    });
  });

  it.each([
    [{ shards: 4 }, 'shards: unknown key, expected one of name, stages, region, stream'],
    [{ name: '4 mills' }, 'name: found "4 mills", expected 1 to 40 letters'],
    [{ region: 'Frankfurt' }, 'region: found "Frankfurt", expected a region, e.g. "eu-central-1"'],
    [{ stream: 4 }, 'stream: found 4, expected an object'],
    [{ stream: { shards: 0 } }, 'stream.shards: found 0, expected a whole number of 1 to 10000'],
    [{ stream: { retention: '2h' } }, 'stream.retention: found "2h", expected a duration of 86400000 ms'],
    [{ stream: { retention: '90000s1' } }, 'stream.retention: found "90000s1", expected a duration'],
    [
      { stream: { retention: '366d' } },
      'stream.retention: found "366d", expected whole hours, of 24h to 365d',
    ],
    [{ protect: 'yes' }, 'protect: found "yes", expected true or false'],
    [{ alarms: { topic: 'ops' } }, 'alarms.topic: found "ops", expected the ARN of an SNS topic'],
    [{ alarms: { quietAfter: '7m' } }, 'alarms.quietAfter: found "7m", expected a multiple of five minutes'],
    [{ logs: { retention: '8d' } }, 'logs.retention: found "8d", expected one of 1d, 3d, 5d, 7d'],
    [{ kmsKey: 'alias/mine' }, 'kmsKey: found "alias/mine", expected the ARN of a KMS key'],
    [{ domain: { api: { name: 'x.example.com' } } }, 'domain.api.certificate: missing, expected both'],
    [
      { domain: { dashboard: { name: 'x.example.com', certificate: CERTIFICATE } } },
      `domain.dashboard.certificate: found "${CERTIFICATE}", expected one of us-east-1`,
    ],
    [{ webAcl: { api: GLOBAL } }, `webAcl.api: found "${GLOBAL}", expected a regional web ACL`],
    [{ webAcl: { dashboard: REGIONAL } }, `webAcl.dashboard: found "${REGIONAL}", expected a global web ACL`],
    [{ tags: { 'aws:x': 'y' } }, 'tags.aws:x: expected a name'],
    [{ tags: { team: 7 } }, 'tags.team: found 7, expected a text of at most 256 characters'],
    [{ budget: { monthlyUsd: 0, email: 'x' } }, 'budget.monthlyUsd: found 0, expected a number of 1'],
    [{ budget: { monthlyUsd: 5 } }, 'budget.email: missing, expected whom to tell'],
    [{ outlet: {} }, 'outlet.to: missing, expected one of kinesis, eventbridge'],
    [{ outlet: { to: 'sns' } }, 'outlet.to: found "sns", expected one of kinesis, eventbridge'],
    [
      { outlet: { to: 'kinesis', tells: ['all'] } },
      'outlet.tells: found ["all"], expected a list of some of final, provisional, late, alerts',
    ],
    [{ outlet: { to: 'eventbridge', shards: 1 } }, 'outlet.shards: found with an event bus'],
    [{ profile: 'fast' }, 'profile: found "fast", expected one of low, balanced, cheap'],
    [
      { tables: { capacity: { read: { least: 9, most: 5 }, write: { least: 1, most: 5 } } } },
      'tables.capacity.read.most: found 5, expected at least 9',
    ],
    [
      { tables: { capacity: { read: { least: 1, most: 5 } } } },
      'tables.capacity.write: missing, expected units',
    ],
    [
      { tables: { warm: { read: 12_000, write: 1 } } },
      'tables.warm.write: found 1, expected a whole number of 4000',
    ],
    [{ tables: { replicas: ['eu'] } }, 'tables.replicas[0]: found "eu", expected a region'],
    [{ tables: { replicas: ['eu-west-1'] } }, 'region: missing, expected the region that writes'],
    [
      { region: 'eu-west-1', tables: { replicas: ['eu-west-1'] } },
      'tables.replicas: found eu-west-1, which is the region that writes',
    ],
    [
      { region: 'eu-central-1', kmsKey: KEY, tables: { replicas: ['eu-west-1'] } },
      'expected a multi-Region key',
    ],
    [{ concurrency: { agregate: 3 } }, 'concurrency.agregate: unknown key, expected one of aggregate'],
    [{ door: { device: { rate: 0, burst: 1 } } }, 'door.device.rate: found 0, expected a number of 1'],
    [{ door: { authorizerCache: '2h' } }, 'door.authorizerCache: found "2h", expected whole seconds'],
    [{ stages: { Prod: {} } }, "stages.Prod: expected a stage's name"],
    [{ stages: { dev: { stream: { shards: 'x' } } } }, 'stages.dev.stream.shards: found "x", expected'],
  ])('are refused with the key named: %j', (definition, message) => {
    expect(() => readSettings(definition, undefined)).toThrow(message);
  });

  it('are refused with all that is wrong, of every stage', () => {
    const definition = { profile: 'fast', stages: { dev: { tracing: 1 }, test: { region: 'x' } } };
    expect(() => readSettings(definition, 'dev')).toThrow(
      /^settings: 3 problems\n {2}profile: .*\n {2}stages\.dev\.tracing: .*\n {2}stages\.test\.region: /,
    );
  });

  it('keep production’s data for a week at least, and know their stages', () => {
    const short = { stages: { production: { stream: { retention: '48h' }, protect: false } } };
    expect(() => readSettings(short, 'production')).toThrow(
      /stages\.production\.stream\.retention: found 48h, expected at least 7d in production[\s\S]*stages\.production\.protect: found false/,
    );
    expect(readSettings(short, 'dev')).toMatchObject({ stage: 'dev' });
    expect(() => readSettings({ stages: { test: {} } }, 'prod')).toThrow(
      '-c stage: found "prod", expected one of dev, production, test',
    );
  });
});
