// The shared samples converted by hand, each in a few lines that know nothing of shapes: what shapes are held against.
import { createHash } from 'node:crypto';
import type { ShapeDefinition } from '../../src/core/shape/shape-definition.ts';

export interface HandEvent {
  readonly source: string;
  readonly id?: string | number;
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface Sample {
  readonly file: string;
  readonly shapes: readonly (string | ShapeDefinition)[];
  /** Recorded Kinesis records: put as they are. */
  readonly isRecording?: true;
  readonly byHand: (text: string) => readonly HandEvent[];
}

// Foreign JSON is anything: these few lines read what they know to be there.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Foreign = any;

const lines = (text: string): Foreign[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
const carried = (text: string): Foreign[] =>
  JSON.parse(text).Records.map((record: Foreign) =>
    JSON.parse(Buffer.from(record.kinesis.data, 'base64').toString()),
  );
const numbersIn = (object: Foreign, prefix = ''): Record<string, number> =>
  Object.assign(
    {},
    ...Object.entries(object ?? {}).map(([name, value]) =>
      typeof value === 'number' || typeof value === 'boolean'
        ? { [prefix + name]: Number(value) }
        : typeof value === 'object' && value !== null
          ? numbersIn(value, `${prefix}${name}.`)
          : {},
    ),
  );
const game = (one: Foreign): HandEvent => ({
  source: one.application_id,
  id: one.event.event_id,
  time: one.event.event_timestamp * 1000,
  values: numbersIn(one.event.event_data),
});

export const SAMPLES: readonly Sample[] = [
  {
    file: 'ttn-storage.ndjson',
    shapes: ['the-things-stack'],
    byHand: (text) =>
      lines(text).map(({ result }) => ({
        source: result.end_device_ids.device_id,
        id: result.uplink_message.received_at,
        time: Date.parse(result.uplink_message.received_at),
        values: {
          ...Object.fromEntries(
            Object.entries(result.uplink_message.decoded_payload).map(([name, value]) => [
              name,
              Number.parseFloat(String(value)),
            ]),
          ),
          rssi: result.uplink_message.rx_metadata[0].rssi,
          snr: result.uplink_message.rx_metadata[0].snr,
        },
      })),
  },
  {
    file: 'chirpstack-v4-v3.ndjson',
    shapes: ['chirpstack-v4', 'chirpstack-v3'],
    byHand: (text) =>
      lines(text).map((up) =>
        up.deviceInfo === undefined
          ? {
              source: up.devEUI,
              id: up.rxInfo[0].uplinkID,
              time: Date.parse(up.rxInfo[0].time),
              values: { ...JSON.parse(up.objectJSON), rssi: up.rxInfo[0].rssi, snr: up.rxInfo[0].loRaSNR },
            }
          : {
              source: up.deviceInfo.devEui,
              id: up.deduplicationId,
              time: Date.parse(up.time),
              values: { rssi: up.rxInfo[0].rssi, snr: up.rxInfo[0].snr },
            },
      ),
  },
  {
    file: 'aot-kinesis.json',
    isRecording: true,
    shapes: [
      {
        name: 'array-of-things',
        when: { equals: { network: 'array_of_things_chicago' } },
        source: '{node}/{sensor}',
        time: { path: 'datetime', as: 'iso', zone: 'UTC' },
        values: 'data',
      },
    ],
    byHand: (text) =>
      carried(text).map(({ node, sensor, datetime, data }) => ({
        source: `${node}/${sensor}`,
        time: Date.parse(`${datetime.replace(' ', 'T')}Z`),
        values: numbersIn(data),
      })),
  },
  {
    file: 'scoreboard-kinesis.json',
    isRecording: true,
    shapes: [
      {
        name: 'scoreboard',
        when: { has: ['player_name', 'score'] },
        source: 'player_name',
        time: { path: 'timestamp', as: 's' },
        values: { score: 'score' },
        tags: { country: 'country', level: 'level', os: 'os' },
      },
    ],
    byHand: (text) =>
      carried(text).map((one) => ({
        source: one.player_name,
        time: one.timestamp * 1000,
        values: { score: one.score },
      })),
  },
  {
    file: 'dynamodb-stream.json',
    shapes: ['dynamodb-changes'],
    byHand: (text) =>
      JSON.parse(text).Records.map(({ eventID, dynamodb }: Foreign) => ({
        source: dynamodb.Keys.name.S,
        id: eventID,
        time: dynamodb.ApproximateCreationDateTime * 1000,
        values: {
          score: Number(dynamodb.NewImage.score.N),
          expiration: Number(dynamodb.NewImage.expiration.N),
        },
      })),
  },
  {
    file: 'firehose-backup',
    shapes: ['aws-game'],
    byHand: (text) => JSON.parse(`[${text.replaceAll('}{', '},{')}]`).map(game),
  },
  { file: 'aws-game.ndjson', shapes: ['aws-game'], byHand: (text) => lines(text).map(game) },
  {
    file: 'aws-iot-sim.ndjson',
    shapes: ['aws-iot'],
    byHand: (text) =>
      lines(text).map((one) => ({
        source: one._id_,
        time: Date.parse(`${one.timestamp.replace(' ', 'T').slice(0, 23)}Z`),
        values: numbersIn(one),
      })),
  },
  {
    file: 'azure-iotc.ndjson',
    shapes: ['azure-iot-central'],
    byHand: (text) =>
      lines(text).map((one) => ({
        source: one.deviceId,
        time: Date.parse(one.messageProperties['iothub-creation-time-utc'] ?? one.enqueuedTime),
        values: numbersIn(one.telemetry),
      })),
  },
  {
    file: 'lol-timeline.json',
    shapes: [
      {
        name: 'match-timeline',
        when: { has: ['metadata.matchId', 'info.frames'] },
        time: {
          path: { text: '2022-07-15T10:00:00Z' },
          as: 'rfc3339',
          plus: { path: 'timestamp', as: 'ms' },
        },
        parts: [
          {
            each: 'info.frames[*].events[*]',
            source: '{$.metadata.matchId}/{participantId}',
            type: 'type',
            ignore: { lacks: ['participantId'] },
          },
          {
            each: 'info.frames[*].participantFrames.*',
            source: '{$.metadata.matchId}/{@key}',
            type: { text: 'FRAME' },
            time: {
              path: { text: '2022-07-15T10:00:00Z' },
              as: 'rfc3339',
              plus: { path: '^.timestamp', as: 'ms' },
            },
            values: [{ path: '.', drop: ['championStats.*', 'participantId'] }],
          },
        ],
      },
    ],
    byHand: (text) => {
      const { metadata, info } = JSON.parse(text);
      const start = Date.parse('2022-07-15T10:00:00Z');
      const events = info.frames.flatMap(({ events: own }: Foreign) =>
        own.filter((one: Foreign) => one.participantId !== undefined),
      );
      const frames = info.frames.flatMap(({ timestamp, participantFrames }: Foreign) =>
        Object.entries(participantFrames).map(
          ([player, { championStats, participantId, ...own }]: Foreign) => ({
            source: `${metadata.matchId}/${player}`,
            time: start + timestamp,
            values: numbersIn(own),
          }),
        ),
      );
      const plain = events.map(({ participantId, timestamp, ...own }: Foreign) => ({
        source: `${metadata.matchId}/${participantId}`,
        time: start + timestamp,
        values: numbersIn(own),
      }));
      return [...plain, ...frames];
    },
  },
  {
    file: 'mqtt-nodered-dump.json',
    shapes: [
      {
        name: 'node-red',
        when: { has: ['topic', 'payload'] },
        source: ['payload.node-id', 'payload.deviceId', 'topic#2'],
        id: '_msgid',
        time: { path: ['receivedTimestamp', 'payload.Time'], as: 'iso', zone: 'Europe/Lisbon' },
        values: [{ path: 'payload', text: 'skip' }],
      },
    ],
    byHand: (text) =>
      JSON.parse(text)
        .flat(3)
        .map(({ topic, payload, _msgid, receivedTimestamp }: Foreign) => ({
          source: payload['node-id'] ?? payload.deviceId ?? topic.split('/')[2],
          id: _msgid,
          time: Date.parse(receivedTimestamp ?? `${payload.Time}+01:00`),
          values: numbersIn(payload),
        })),
  },
  {
    file: 'airquality-uci.csv',
    shapes: [
      {
        name: 'air-quality',
        like: 'csv',
        source: { text: 'air-quality' },
        time: { path: '{Date} {Time}', as: 'dd/MM/yyyy H:mm:ss', zone: 'Europe/Rome' },
        values: [{ path: '.', missing: [-200, ''] }],
      },
    ],
    byHand: (text) => {
      const [header = '', ...rows] = text.trim().split(/\r?\n/);
      const names = header.split(',');
      return rows.map((row) => {
        const cells = row.split(',');
        const [, day, month, year] = /(\d+)\/(\d+)\/(\d+)/.exec(cells[0] ?? '') ?? [];
        const time = Date.parse(`${year}-${month}-${day}T${(cells[1] ?? '').padStart(8, '0')}+01:00`);
        const values = names.flatMap((name, at) =>
          at < 2 || cells[at] === '-200' || cells[at] === '' ? [] : [[name, Number(cells[at])]],
        );
        return { source: 'air-quality', time, values: Object.fromEntries(values) };
      });
    },
  },
  ...(['senml-ex3.json', 'senml-ex4.json'] as const).map(
    (file): Sample => ({
      file,
      shapes: ['senml'],
      byHand: (text) => {
        const pack: Foreign[] = JSON.parse(text);
        const { bn, bt } = pack[0];
        return pack.map(({ n, t = 0, v }) => ({
          source: bn.replace(/:$/, ''),
          time: Math.round((bt + t) * 1000),
          values: { [n ?? 'value']: v },
        }));
      },
    }),
  ),
  {
    file: 'sta-dataarray.json',
    shapes: ['sensorthings'],
    byHand: (text) =>
      JSON.parse(text).flatMap(({ Datastream, dataArray }: Foreign) =>
        dataArray.map(([time, result]: Foreign) => ({
          source: `datastream-${Datastream['@iot.id']}`,
          time: Date.parse(time),
          values: { result },
        })),
      ),
  },
  {
    file: 'cloudevents-batch.json',
    shapes: ['cloudevents'],
    byHand: (text) =>
      JSON.parse(text).map(({ source, id, time, data }: Foreign) => ({
        source,
        id,
        time: Date.parse(time),
        values: numbersIn(data),
      })),
  },
  {
    file: 'tidemill_ce.ndjson',
    shapes: ['cloudevents'],
    byHand: (text) =>
      lines(text).map(({ source, id, time, data }) => ({ source, id, time: Date.parse(time), values: data })),
  },
  {
    file: 'otlp-metrics.json',
    shapes: ['otlp-metrics'],
    byHand: (text) => {
      const [{ scopeMetrics }] = JSON.parse(text).resourceMetrics;
      return scopeMetrics[0].metrics.flatMap(
        ({ name, gauge, sum, histogram, exponentialHistogram }: Foreign) => {
          const one = (gauge ?? sum)?.dataPoints[0];
          const many = (histogram ?? exponentialHistogram)?.dataPoints[0];
          const time = Number((one ?? many).timeUnixNano.slice(0, -6));
          const values = one
            ? { [name]: one.asDouble }
            : {
                [`${name}.count`]: Number(many.count),
                [`${name}.sum`]: many.sum,
                [`${name}.min`]: many.min,
                [`${name}.max`]: many.max,
              };
          return [{ source: 'my.service', time, values }];
        },
      );
    },
  },
  {
    file: 'telegraf-batch.json',
    shapes: ['telegraf'],
    byHand: (text) =>
      JSON.parse(text).metrics.map(({ name, fields, tags, timestamp }: Foreign) => ({
        source: tags.host,
        time: timestamp * 1000,
        values: Object.fromEntries(
          Object.entries(fields).map(([field, value]) => [`${name}.${field}`, value]),
        ),
      })),
  },
  {
    file: 'zigbee2mqtt.log',
    shapes: ['topic-log'],
    // It states no time: the arrival is.
    byHand: (text) =>
      text
        .trim()
        .split('\n')
        .map((line) => ({
          source: line.slice(0, line.indexOf('{')).trim(),
          time: Date.UTC(2026, 10, 28),
          values: numbersIn(JSON.parse(line.slice(line.indexOf('{')))),
        })),
  },
  {
    file: 'cloudwatch-logs-on-kinesis.json',
    isRecording: true,
    shapes: ['cloudwatch-logs'],
    byHand: () => [
      { source: 'testLogGroup', id: 'eventId1', time: 1_440_442_987_000, values: {} },
      { source: 'testLogGroup', id: 'eventId2', time: 1_440_442_987_001, values: {} },
    ],
  },
  {
    file: 'tidemill_7h.ndjson',
    isRecording: true,
    shapes: [],
    byHand: (text) =>
      lines(text).map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, 'base64').toString())),
  },
  { file: 'tidemill_array.json', isRecording: true, shapes: [], byHand: (text) => JSON.parse(text) },
  {
    file: 'tidemill_envelope.ndjson',
    isRecording: true,
    shapes: [],
    byHand: (text) =>
      lines(text).flatMap(({ source, events }) => events.map((event: Foreign) => ({ source, ...event }))),
  },
];

/** Line protocol by its grammar, a character at a time; undefined for anything else. Points of more than 64 values are several events. */
export function pointsByHand(text: string, arrivalMs: number): readonly HandEvent[] {
  return text
    .split('\n')
    .map((line) => line.trim().replace(/^> /, ''))
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line) => pointByHand(line, arrivalMs));
}

function pointByHand(line: string, arrivalMs: number): readonly HandEvent[] {
  const pieces: string[][] = [['']];
  let quoted = false;
  for (let at = 0; at < line.length; at += 1) {
    const part = pieces.at(-1) ?? [];
    const character = line[at] ?? '';
    if (character === '\\' && at + 1 < line.length) {
      part.push(`${part.pop()}${line.slice(at, at + 2)}`);
      at += 1;
    } else if (character === '"' && pieces.length === 2) {
      quoted = !quoted;
      part.push(`${part.pop()}"`);
    } else if (character === ' ' && !quoted) {
      if (part.join('') !== '') pieces.push(['']);
    } else if (character === ',' && !quoted) part.push('');
    else part.push(`${part.pop()}${character}`);
  }
  const [[name = '', ...tagPairs] = [], fieldPairs = [], [stamp = '', ...more] = []] = pieces;
  if (!/^\d*$/.test(stamp) || more.length > 0 || pieces.length > 3) return [];
  const pair = (text: string) =>
    [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)] as const;
  const tags = new Map(tagPairs.map(pair));
  const values = fieldPairs.map(pair).flatMap(([field, found]): [string, number][] => {
    const number = /^(?:t|true)$/i.test(found)
      ? 1
      : /^(?:f|false)$/i.test(found)
        ? 0
        : Number(found.replace(/[iu]$/, ''));
    return found === '' || Number.isNaN(number) ? [] : [[shortByHand(`${name}.${field}`), number]];
  });
  const source = (tags.get('host') ?? tags.get('server') ?? tags.get('source') ?? name).replace(
    /\\([,= ])/g,
    '$1',
  );
  const time = stamp === '' ? arrivalMs : Math.floor(Number(stamp.padEnd(19, '0').slice(0, 13)));
  const lots = Array.from({ length: Math.max(1, Math.ceil(values.length / 64)) }, (_, lot) =>
    Object.fromEntries(values.slice(64 * lot, 64 * lot + 64)),
  );
  return lots.map((lot) => ({ source, time, values: lot }));
}

function shortByHand(name: string): string {
  if (name.length <= 64) return name;
  return `${name.slice(0, 51)}~${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}
