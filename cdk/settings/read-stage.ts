// Reads the keys of one stage, or of all stages together. Each key is read where it is given; nothing is made up here.
import type { DefinitionReader } from '../../src/core/pipeline/definition-reader.ts';
import { FUNCTION_NAMES } from '../../src/platform/names.ts';
import { OUTLET_KINDS, type OutletKind } from '../../src/platform/outlet-choice.ts';
import type { StageDefinition } from './definition.ts';
import {
  type CustomDomain,
  type DoorLimits,
  OUTLETS,
  PROFILES,
  type RateLimit,
  type ScaledUnits,
  type Settings,
} from './settings.ts';

export const STAGE_KEYS = [
  'region',
  'stream',
  'protect',
  'archive',
  'rebuild',
  'mqtt',
  'incoming',
  'incidents',
  'load',
  'alarms',
  'logs',
  'tracing',
  'apiLogRole',
  'kmsKey',
  'domain',
  'webAcl',
  'tags',
  'budget',
  'profile',
  'tables',
  'concurrency',
  'door',
  'outlet',
] as const satisfies readonly (keyof StageDefinition)[];

type Draft = { -readonly [K in keyof Settings]: Settings[K] };

export function readStage(stage: DefinitionReader): Settings {
  const region = pattern(stage, 'region', REGION, 'a region, e.g. "eu-central-1"');
  const draft: Draft = region === undefined ? {} : { region };
  if (stage.has('protect')) draft.throwAway = !stage.flag('protect');
  if (stage.has('archive')) draft.archive = stage.flag('archive');
  if (stage.has('rebuild')) draft.rebuild = stage.flag('rebuild');
  if (stage.has('mqtt')) draft.mqtt = stage.flag('mqtt');
  if (stage.has('incoming')) draft.incoming = stage.flag('incoming');
  if (stage.has('incidents')) draft.incidents = stage.flag('incidents');
  if (stage.has('load')) draft.load = stage.flag('load');
  if (stage.has('tracing')) draft.tracing = stage.flag('tracing');
  if (stage.has('apiLogRole')) draft.apiLogRole = stage.flag('apiLogRole');
  const profile = stage.text('profile', PROFILES);
  if (profile !== undefined) draft.profile = profile;
  const kmsKey = pattern(stage, 'kmsKey', KMS_KEY, 'the ARN of a KMS key');
  if (kmsKey !== undefined) draft.kmsKey = kmsKey;
  readStream(stage, draft);
  readAlarms(stage, draft);
  readLogs(stage, draft);
  readEdges(stage, draft);
  readTags(stage, draft);
  readBudget(stage, draft);
  readTables(stage, draft);
  readConcurrency(stage, draft);
  readDoor(stage, draft);
  readOutlet(stage, draft);
  return draft;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const REGION = /^[a-z]{2}(-[a-z]+)+-\d$/;
const TOPIC = /^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]+$/;
const KMS_KEY = /^arn:[\w-]+:kms:[\w-]+:\d{12}:key\/[\w-]+$/;
const CERTIFICATE = /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]+$/;
const WEB_ACL = /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:(regional|global)\/webacl\/[\w-]+\/[\w-]+$/;
const HOST = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** A text of a form of its own, which may be longer than names are. */
function pattern(reader: DefinitionReader, key: string, form: RegExp, expected: string): string | undefined {
  const value = reader.raw(key);
  if (value === undefined) return undefined;
  if (typeof value === 'string' && form.test(value)) return value;
  reader.problem(key, `found ${JSON.stringify(value)}, expected ${expected}`);
  return undefined;
}

function readStream(stage: DefinitionReader, draft: Draft): void {
  const stream = stage.child('stream');
  if (stream === undefined) return;
  stream.onlyKeys(['shards', 'retention']);
  if (stream.has('shards')) draft.shards = stream.number('shards', { least: 1, most: 10_000, whole: true });
  if (!stream.has('retention')) return;
  draft.retentionMs = stream.duration('retention', { least: DAY_MS });
  const isWhole = draft.retentionMs % HOUR_MS === 0 && draft.retentionMs <= 365 * DAY_MS;
  if (!isWhole)
    stream.problem(
      'retention',
      `found ${JSON.stringify(stream.raw('retention'))}, expected whole hours, of 24h to 365d`,
    );
}

function readAlarms(stage: DefinitionReader, draft: Draft): void {
  const alarms = stage.child('alarms');
  if (alarms === undefined) return;
  alarms.onlyKeys(['topic', 'quietAfter']);
  const topic = pattern(alarms, 'topic', TOPIC, 'the ARN of an SNS topic');
  if (topic !== undefined) draft.alarmTopic = topic;
  if (!alarms.has('quietAfter')) return;
  draft.quietAfterMs = alarms.duration('quietAfter', { least: 300_000 });
  if (draft.quietAfterMs % 300_000 !== 0 || draft.quietAfterMs > DAY_MS)
    alarms.problem(
      'quietAfter',
      `found ${JSON.stringify(alarms.raw('quietAfter'))}, expected a multiple of five minutes, of 5m to 1d`,
    );
}

/** Those that CloudWatch Logs knows. */
const LOG_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

function readLogs(stage: DefinitionReader, draft: Draft): void {
  const logs = stage.child('logs');
  if (logs === undefined) return;
  logs.onlyKeys(['retention']);
  if (!logs.has('retention')) return;
  const days = logs.duration('retention', { least: DAY_MS }) / DAY_MS;
  if (LOG_DAYS.includes(days)) draft.logDays = days;
  else {
    const allowed = LOG_DAYS.filter((one) => one <= 365).map((one) => `${one}d`);
    logs.problem(
      'retention',
      `found ${JSON.stringify(logs.raw('retention'))}, expected one of ${allowed.join(', ')}`,
    );
  }
}

function readEdges(stage: DefinitionReader, draft: Draft): void {
  const domain = stage.child('domain');
  domain?.onlyKeys(['api', 'dashboard']);
  const api = readDomain(domain?.child('api'));
  if (api !== undefined) draft.apiDomain = api;
  const dashboard = readDomain(domain?.child('dashboard'));
  if (dashboard !== undefined) {
    draft.dashboardDomain = dashboard;
    if (!dashboard.certificateArn.includes(':us-east-1:'))
      domain?.problem(
        'dashboard.certificate',
        `found ${JSON.stringify(dashboard.certificateArn)}, expected one of us-east-1: CloudFront takes no other`,
      );
  }
  const acl = stage.child('webAcl');
  if (acl === undefined) return;
  acl.onlyKeys(['api', 'dashboard']);
  const regional = pattern(
    acl,
    'api',
    WEB_ACL,
    'the ARN of a web ACL of the stack’s region (…:regional/webacl/…)',
  );
  if (regional?.includes(':global/') === true)
    acl.problem('api', `found ${JSON.stringify(regional)}, expected a regional web ACL`);
  if (regional !== undefined) draft.apiWebAcl = regional;
  const global = pattern(
    acl,
    'dashboard',
    WEB_ACL,
    'the ARN of a web ACL for CloudFront (…:global/webacl/…)',
  );
  if (global?.includes(':regional/') === true)
    acl.problem('dashboard', `found ${JSON.stringify(global)}, expected a global web ACL, of us-east-1`);
  if (global !== undefined) draft.dashboardWebAcl = global;
}

function readDomain(domain: DefinitionReader | undefined): CustomDomain | undefined {
  if (domain === undefined) return undefined;
  domain.onlyKeys(['name', 'certificate']);
  for (const key of ['name', 'certificate'])
    if (!domain.has(key)) domain.problem(key, 'missing, expected both name and certificate');
  const name = pattern(domain, 'name', HOST, 'a host name, e.g. "telemetry.example.com"');
  const certificateArn = pattern(domain, 'certificate', CERTIFICATE, 'the ARN of an ACM certificate');
  return name === undefined || certificateArn === undefined ? undefined : { name, certificateArn };
}

/** The service's bounds; `aws:` is its own. */
const MOST_TAGS = 45;

function readTags(stage: DefinitionReader, draft: Draft): void {
  const tags = stage.child('tags');
  if (tags === undefined) return;
  const read: Record<string, string> = {};
  for (const key of tags.keys()) {
    const value = tags.raw(key);
    if (key.length > 128 || /^aws:/i.test(key))
      tags.problem(key, 'expected a name of at most 128 characters that does not begin with "aws:"');
    if (typeof value === 'string' && value.length <= 256) read[key] = value;
    else tags.problem(key, `found ${JSON.stringify(value)}, expected a text of at most 256 characters`);
  }
  if (tags.keys().length > MOST_TAGS)
    tags.problem('', `found ${tags.keys().length} tags, expected at most ${MOST_TAGS}`);
  draft.tags = read;
}

function readBudget(stage: DefinitionReader, draft: Draft): void {
  const budget = stage.child('budget');
  if (budget === undefined) return;
  budget.onlyKeys(['monthlyUsd', 'email']);
  const monthlyUsd = budget.number('monthlyUsd', { least: 1, most: 10_000_000 });
  if (!budget.has('email')) budget.problem('email', 'missing, expected whom to tell');
  const email = pattern(budget, 'email', EMAIL, 'an e-mail address');
  if (email !== undefined) draft.budget = { monthlyUsd, email };
}

function readTables(stage: DefinitionReader, draft: Draft): void {
  const tables = stage.child('tables');
  if (tables === undefined) return;
  tables.onlyKeys(['capacity', 'warm', 'replicas']);
  const capacity = tables.child('capacity');
  if (capacity !== undefined) {
    capacity.onlyKeys(['read', 'write']);
    draft.capacity = { read: readUnits(capacity, 'read'), write: readUnits(capacity, 'write') };
  }
  const warm = tables.child('warm');
  if (warm !== undefined) {
    warm.onlyKeys(['read', 'write']);
    // What a new table on demand has anyhow is the least that the service takes.
    draft.warm = {
      read: warm.number('read', { least: 12_000, most: 100_000_000, whole: true }),
      write: warm.number('write', { least: 4_000, most: 100_000_000, whole: true }),
    };
  }
  const replicas = tables.texts('replicas', { most: 32 });
  if (replicas === undefined) return;
  for (const [at, region] of replicas.entries())
    if (!REGION.test(region))
      tables.problem(
        `replicas[${at}]`,
        `found ${JSON.stringify(region)}, expected a region, e.g. "eu-west-1"`,
      );
  draft.replicas = replicas;
}

function readUnits(capacity: DefinitionReader, key: 'read' | 'write'): ScaledUnits {
  const units = capacity.child(key, 'units, e.g. {"least": 5, "most": 1000}');
  if (units === undefined) return { least: 1, most: 1, target: 70 };
  units.onlyKeys(['least', 'most', 'target']);
  const least = units.number('least', { least: 1, most: 10_000_000, whole: true });
  const most = units.number('most', { least: 1, most: 10_000_000, whole: true });
  if (most < least) units.problem('most', `found ${most}, expected at least ${least}, which is least`);
  // Application Auto Scaling's own bounds for DynamoDB.
  return { least, most, target: units.number('target', { default: 70, least: 20, most: 90, whole: true }) };
}

function readConcurrency(stage: DefinitionReader, draft: Draft): void {
  const concurrency = stage.child('concurrency');
  if (concurrency === undefined) return;
  concurrency.onlyKeys(FUNCTION_NAMES);
  draft.concurrency = Object.fromEntries(
    FUNCTION_NAMES.filter((name) => concurrency.has(name)).map((name) => [
      name,
      concurrency.number(name, { least: 1, most: 100_000, whole: true }),
    ]),
  );
}

function readDoor(stage: DefinitionReader, draft: Draft): void {
  const door = stage.child('door');
  if (door === undefined) return;
  door.onlyKeys(['api', 'device', 'relay', 'authorizerCache']);
  const limits: { -readonly [K in keyof DoorLimits]?: RateLimit } = {};
  for (const key of ['api', 'device', 'relay'] as const) {
    const rate = door.child(key);
    if (rate === undefined) continue;
    rate.onlyKeys(['rate', 'burst']);
    limits[key] = {
      rate: rate.number('rate', { least: 1, most: 1_000_000 }),
      burst: rate.number('burst', { least: 1, most: 1_000_000, whole: true }),
    };
  }
  if (Object.keys(limits).length > 0) draft.doorLimits = limits;
  if (!door.has('authorizerCache')) return;
  draft.authorizerCacheSeconds = door.duration('authorizerCache', { least: 0 }) / 1_000;
  if (!Number.isInteger(draft.authorizerCacheSeconds) || draft.authorizerCacheSeconds > 3_600)
    door.problem(
      'authorizerCache',
      `found ${JSON.stringify(door.raw('authorizerCache'))}, expected whole seconds, of 0s to 1h`,
    );
}

/** What most readers want: what will not change. */
const TOLD: readonly OutletKind[] = ['final', 'late', 'alerts'];

function readOutlet(stage: DefinitionReader, draft: Draft): void {
  const outlet = stage.child('outlet');
  if (outlet === undefined) return;
  outlet.onlyKeys(['to', 'tells', 'shards']);
  const to = outlet.text('to', OUTLETS);
  if (!outlet.has('to')) outlet.problem('to', `missing, expected one of ${OUTLETS.join(', ')}`);
  if (to === 'eventbridge' && outlet.has('shards'))
    outlet.problem('shards', 'found with an event bus, expected it with "kinesis" only');
  const tells = outlet.has('tells') ? readTold(outlet) : TOLD;
  const shards = outlet.has('shards')
    ? { shards: outlet.number('shards', { least: 1, most: 10_000, whole: true }) }
    : {};
  if (to !== undefined) draft.outlet = { to, tells, ...shards };
}

function readTold(outlet: DefinitionReader): readonly OutletKind[] {
  const value = outlet.raw('tells');
  const listed: readonly unknown[] = Array.isArray(value) ? value : [];
  const known = OUTLET_KINDS.filter((kind) => listed.includes(kind));
  if (listed.length > 0 && known.length === new Set(listed).size) return known;
  const found = JSON.stringify(value);
  outlet.problem('tells', `found ${found}, expected a list of some of ${OUTLET_KINDS.join(', ')}`);
  return TOLD;
}
