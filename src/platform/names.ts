// Names that the stack, the stores and the local runtime share.

/** The stack's tables, as functions ask for them. */
export const TABLES = ['sources', 'windows', 'deadLetters', 'alerts', 'tokens', 'readers', 'live'] as const;
/** And those that are there where the settings ask for them. */
export const OPTIONAL_TABLES = ['outlet'] as const;
export type TableName = (typeof TABLES)[number] | (typeof OPTIONAL_TABLES)[number];

/**
 * The environment variable that tells a function what a name stands for: `VARIABLE.table('deadLetters')` is
 * `TIDEMILL_DEAD_LETTERS_TABLE`. A construct sets it, the function's host reads it.
 */
export const VARIABLE = {
  /** The name of a DynamoDB table. */
  table: (name: string) => variable(name, 'TABLE'),
  /** The name of an S3 bucket. */
  bucket: (name: string) => variable(name, 'BUCKET'),
  /** The name or ARN of an EventBridge bus. */
  bus: (name: string) => variable(name, 'BUS'),
  /** The name of a Kinesis stream. */
  stream: (name: string) => variable(name, 'STREAM'),
  /** The ARN of a secret. */
  secret: (name: string) => variable(name, 'SECRET'),
  /** Where messages to WebSocket connections are posted: `https://…/stage`. */
  poster: (name: string) => variable(name, 'ENDPOINT'),
  /** A text of the stack's own. */
  setting: (name: string) => variable(name),
} as const;

/** The setting that holds the ARNs of the streams that events of the sources come through, with commas between them. */
export const TELEMETRY_STREAMS = 'telemetryStreams';

/** The container that loads a stack, and what it reads from its environment. */
export const LOAD_CONTAINER = 'load';
export const LOAD_MEMORY_MB = 2_048;
export const LOAD_VARIABLES = {
  stream: 'TIDEMILL_LOAD_STREAM',
  rate: 'TIDEMILL_LOAD_RATE',
  seconds: 'TIDEMILL_LOAD_SECONDS',
  seed: 'TIDEMILL_LOAD_SEED',
} as const;

/** The setting that has a function note its runs in its log. */
export const NOTE_RUNS = 'noteRuns';

/** The same, of the streams that the archive keeps; not there where it is switched off. */
export const ARCHIVED_STREAMS = 'archivedStreams';

/** The pipeline definition as JSON, beside the bundle; relative to the function's code. */
export const PIPELINE_FILE_VARIABLE = 'TIDEMILL_PIPELINE_FILE';

function variable(name: string, ...kind: readonly string[]): string {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').split(/[^A-Za-z0-9]+/);
  return ['TIDEMILL', ...words, ...kind].join('_').toUpperCase();
}

/**
 * One item a source: its whole state; and items for pages of the ids it remembers, which have no `state`. Change stream: both images.
 */
export const SOURCES_TABLE = {
  partitionKey: 'source',
  version: 'version',
  state: 'state',
  /** number: a checksum of the state, by which a writer knows that it is the one it has, and not another of the same version. */
  check: 'check',
  /** number: `check` of the state that this one was made from; a state that does not follow on the one before it was put back by somebody. */
  follows: 'follows',
  /** The contents of a page of ids. */
  page: 'page',
  /** Index of sources with open windows, by the time they close if nothing more comes. */
  closingIndex: 'closing',
  /** Partition key of the index: number, 0 to `CLOSING_BUCKETS - 1`. */
  closingBucket: 'closingBucket',
  /** Sort key of the index: number, ms since the epoch; absent when nothing is open. */
  closesAt: 'closesAt',
  /** number, ms since the epoch: when somebody retired the source; what arrived later has brought it back. */
  retiredAt: 'retiredAt',
  /** text: why what comes for the source is set aside instead of folded in, until `tidemill sources resume` lifts it. */
  heldFor: 'heldFor',
  /** number, ms since the epoch: since when. */
  heldAt: 'heldAt',
  /** text: JSON of the letters whose events the latest write put back, until it stands beside them what became of them. */
  redriven: 'redriven',
  /** text: someone waits until all changes up to here are processed downstream, and is notified under this name. */
  fence: 'fence',
  expiresAt: 'expiresAt',
} as const;
export const CLOSING_BUCKETS = 32;

/** Closed source windows and rollup windows. Change stream: both images. */
export const WINDOWS_TABLE = {
  /** text: what the window is of */
  partitionKey: 'series',
  /** text: window start and end, and for rollups the part */
  sortKey: 'window',
  expiresAt: 'expiresAt',
  /** What the key of a series begins with that is too long for one. */
  longSeriesPrefix: 'sha256|',
  /** Index of all windows by start, whatever they are of; its sort key is the table's. */
  latestIndex: 'latest',
  /** Partition key of the index: text, `source` or `rollup` and a bucket. */
  latestOf: 'latestOf',
  /** What the key of an item begins with that says how a rollup window is spread: before its series. */
  spreadPrefix: 'spread|',
  /** And what of an item that says which fence of a source has been passed: before the source. */
  fencePrefix: 'spread|fence|',
} as const;
export const LATEST_BUCKETS = 8;

/**
 * One item a quarantined or late event (and items for parts of a long payload); one an event that is set aside for a source that
 * is held. No change stream.
 */
export const DEAD_LETTERS_TABLE = {
  /** text: shard and sequence number; of what is set aside `heldPrefix` and the source */
  partitionKey: 'record',
  /** text: event index (and part); of what is set aside its place in the stream */
  sortKey: 'event',
  /** No shard's name begins with it. */
  heldPrefix: 'held|',
  /** Index of the letters that sources have handed on, by source and number. */
  letterIndex: 'letters',
  /** Partition key of the index: text, the source. */
  letterOf: 'letterOf',
  /** Sort key of the index: number, from 1. */
  letterNumber: 'letterNumber',
  expiresAt: 'expiresAt',
} as const;

/** Series of a rollup that are noted, for good: at some 100 bytes each 10 MB, which readers page through. */
export const MAX_SERIES = 100_000;
/** So many that it is time to look why: they stay, and there is room for a quarter more. */
export const MANY_SERIES = 80_000;

/**
 * What only readers need: the series of each rollup, the books as last added up, and how far each shard of the stream has been read. No
 * change stream.
 */
export const READERS_TABLE = {
  /** text: what kind of thing, and of what */
  partitionKey: 'what',
  /** text */
  sortKey: 'name',
} as const;

/**
 * Live connections, what each is subscribed to, and the latest change of each source that is watched. Change stream: new
 * image; it carries the sources' changes to who sends them on.
 */
export const LIVE_TABLE = {
  /** text: a topic with its subscribers and its latest change; a connection; or the list of topics */
  partitionKey: 'topic',
  /** text */
  sortKey: 'item',
  /** Sort key of a topic's latest change. */
  change: 'change',
} as const;

/** One item a message on its way out. Change stream: new image; it carries them to who sends them on. */
export const OUTLET_TABLE = {
  /** text: the message's id */
  partitionKey: 'id',
  /** text: what is sent in order */
  key: 'key',
  /** text: JSON */
  body: 'body',
} as const;

/** `Source` of the messages that the outlet puts on an event bus; the detail type is the message's kind. */
export const OUTLET_EVENT_SOURCE = 'tidemill.outlet';

/** One item a token that was issued, or a subject whose tokens are revoked up to a moment. No change stream. */
export const TOKENS_TABLE = {
  /** text: `token:<id>` or `subject:<use>:<subject>` */
  partitionKey: 'key',
  expiresAt: 'expiresAt',
} as const;

/** One item an alert and what it watches. Change stream: both images. */
export const ALERTS_TABLE = {
  /** text: rule and series */
  partitionKey: 'alert',
  rule: 'rule',
  series: 'series',
  version: 'version',
  state: 'state',
  /** Index of sources watched for silence, by the time they are to be looked at. */
  checkingIndex: 'checking',
  /** Partition key of the index: number, 0 to `CHECKING_BUCKETS - 1`. */
  checkingBucket: 'checkingBucket',
  /** Sort key of the index: number, ms since the epoch. */
  checkAt: 'checkAt',
  /** Index of the alerts that are not well. */
  standingIndex: 'standing',
  /** Partition key of the index: text, `active` or `resolved` and a bucket; absent for who is well. */
  standing: 'standing',
  /** Sort key of the index: text, by rule what is active, by time what has resolved. */
  standingPlace: 'standingPlace',
} as const;
export const CHECKING_BUCKETS = 32;
export const STANDING_BUCKETS = 8;

/** `Source` of the events that tell of transitions. */
export const ALERT_EVENT_SOURCE = 'tidemill.alerts';
export const ALERT_DETAIL_TYPE = 'Alert Transition';

/** TTL attribute, on every table: seconds since the epoch. */
export const TTL_ATTRIBUTE = 'expiresAt';

/** Functions of one's own, a line each: docs/how-to-own-function.md says what else one needs. */
export const OWN_FUNCTIONS = [] as const satisfies readonly string[];

/** Functions that every stack has. */
export const STANDING_FUNCTIONS = [
  'aggregate',
  'rollup',
  'close',
  'alert',
  'alert-clock',
  'publish',
  'audit',
  'authorize',
  'query',
  'retire',
  'subscribe',
  'live',
  'hang-up',
] as const;

/** Those that a stack has where its settings ask for them. */
export const OPTIONAL_FUNCTIONS = ['record', 'outlet', 'rebuild', 'incoming'] as const;

/** The functions: `consumers/<name>/wire.ts` exports `wire`, `consumers/<name>/handler.ts` exports `handler`. */
export const FUNCTION_NAMES = [...STANDING_FUNCTIONS, ...OPTIONAL_FUNCTIONS, ...OWN_FUNCTIONS] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** Where a function's handler is, in the project and in its bundle, without the ending: what the template's `Handler` begins with. */
export function handlerPath(name: FunctionName): string {
  return `consumers/${name}/handler`;
}

/** Paths of the query API: those of its operations, which the stack cannot read. */
export const QUERY_PATHS = [
  '/v1/sources',
  '/v1/sources/{source}',
  '/v1/sources/{source}/windows',
  '/v1/pipeline',
  '/v1/rollups/{name}',
  '/v1/rollups/{name}/{value}/windows',
  '/v1/alerts',
  '/v1/ledger',
  '/v1/openapi.json',
] as const;

/** Stages of the REST API and of the WebSocket API: the dashboard asks for them by these paths. */
export const API_STAGE = 'api';
export const LIVE_STAGE = 'live';

/** The CloudFormation stack, unless told otherwise; and the namespace of the metrics that its functions write (EMF). */
export const STACK_NAME = 'Tidemill';

/** The pipeline definition's file beside each bundle. */
export const PIPELINE_FILE = 'pipeline.json';

/** Outputs of the stack: physical names to hand to producers and commands. */
export const OUTPUTS = {
  stream: 'StreamName',
  sourcesTable: 'SourcesTableName',
  windowsTable: 'WindowsTableName',
  deadLettersTable: 'DeadLettersTableName',
  alertsTable: 'AlertsTableName',
  failuresBucket: 'FailuresBucketName',
  /** There with an outlet to a stream alone. */
  outletStream: 'OutletStreamName',
  readersTable: 'ReadersTableName',
  /** The archive's, where that is switched on. */
  archiveBucket: 'ArchiveBucketName',
  /** Where the load's tasks run, what they are and in which subnets, with commas between them; where that is switched on. */
  loadCluster: 'LoadClusterName',
  loadTask: 'LoadTaskDefinitionArn',
  loadSubnets: 'LoadSubnetIds',
  /** Where files are dropped to be played, where that is switched on. */
  incomingBucket: 'IncomingBucketName',
  /** ARN of the state machine that rebuilds, where that is switched on. */
  rebuildMachine: 'RebuildStateMachineArn',
  /** AWS IoT's policy for the certificates of devices, where the MQTT door is switched on. */
  devicesPolicy: 'DevicesPolicyName',
  liveTable: 'LiveTableName',
  /** `wss://…` */
  liveUrl: 'LiveUrl',
  /** Where the REST API is, with its stage; ends with a slash. */
  apiUrl: 'ApiUrl',
  /** What a custom domain's own DNS record points to; there with the domain alone. */
  apiDomainTarget: 'ApiDomainTarget',
  dashboardDomainTarget: 'DashboardDomainTarget',
  /** Where the dashboard is; ends with a slash. */
  dashboardUrl: 'DashboardUrl',
  tokensTable: 'TokensTableName',
  signingKeys: 'SigningKeysSecret',
  verifyingKeys: 'VerifyingKeysSecret',
  /** Invoked with `{"closeAll":true}` it closes every open window. */
  closer: 'CloseFunctionName',
} as const;

/**
 * Partition key of an item that the local runtime writes and deletes in a new table with a change stream, so that the
 * stream begins with its INSERT and REMOVE: no source or series has it (control characters are not allowed in them),
 * and consumers of change streams pass it over.
 */
export const PRIMER_KEY = '\u0001primer';
