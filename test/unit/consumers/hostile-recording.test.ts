// The recording of bad input, through the real consumers: each event gets the verdict the recording names, each bad
// one a dead letter that says what was wrong, and nothing ever holds up the stream.
import { describe, expect, it } from 'vitest';
import { imbalance } from '../../../src/core/ledger.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { kinesisEventRecord } from '../../../src/event-source/kinesis-record.ts';
import type { DeadLetter } from '../../../src/stores/dead-letters.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { payloadBytes } from '../../../src/wire/dead-letter-payload.ts';
import type { KinesisEventRecord } from '../../../src/wire/stream-records.ts';
import { collect } from '../../support/collect.ts';
import { ConsumerSystem } from '../../support/consumer-system.ts';
import type { Delivery } from '../../support/deliverer.ts';
import { SHARD } from '../../support/event-streams.ts';
import { hostileLines } from '../../support/hostile-recording.ts';
import { recordingsFolder } from '../../support/recordings.ts';

const PIPELINE = parsePipeline({
  aggregations: [{ name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '1h' }],
});

/** By the note of the line: the reason, and what its detail has to name. */
const WRONG: Readonly<Record<string, readonly [string, RegExp]>> = {
  'truncated JSON': ['not-json', /found .*dev-1.*, expected JSON/],
  'empty data': ['not-json', /found nothing, expected JSON/],
  'not UTF-8': ['not-utf8', /found 12 bytes, .*expected UTF-8/],
  'JSON null': ['not-an-event', /found null, expected an object/],
  'JSON number': ['not-an-event', /found the number 42, expected an object/],
  'no source': ['source', /^source: found nothing, expected a text/],
  'empty source': ['source', /^source: found the text "", expected/],
  'source too long': ['source', /^source: .*expected a text of 1–128 characters/],
  'control character in source': ['source', /^source: .*none of them a control character/],
  'no time': ['time', /^time: found nothing, expected an integer/],
  'time not RFC 3339': ['time', /^time: found the text "yesterday", .*RFC 3339/],
  'time in seconds instead of ms: a date in January 1970, valid but long past': [
    'old-time',
    /^time: found 1700000000, 1970-01-20T.*as seconds it would be 2023-11-14T/,
  ],
  'fractional ms': ['time', /^time: found the number 1\.5, expected an integer/],
  'a year ahead of arrival': ['clock-skew', /31535984000 ms ahead, expected at most 300000 ms/],
  'before the epoch': ['time', /^time: found the number -1, expected/],
  'NaN is not JSON': ['not-json', /NaN/],
  '65 values': ['values', /^values: found 65 entries, expected at most 64/],
  'a tag that is not text': ['tags', /^tags\["site"\]: found the number 1, expected/],
  '17 tags': ['tags', /^tags: found 17 entries, expected at most 16/],
  'id too long': ['id', /^id: found the text "x+", expected a well-formed text of 1–64/],
  'id is an object': ['id', /^id: found an object, expected/],
  'one bad event in an array': ['time', /^time: found nothing, expected an integer/],
  'gzip cut short': ['gzip', /66 bytes that do not unpack/],
  'gzip magic, then nonsense': ['gzip', /24 bytes that do not unpack/],
  'a compression bomb: 60 MB of blanks': ['too-large', /more than 16777216 bytes when unpacked/],
  'nesting 100,000 deep': ['not-json', /expected JSON/],
  'KPL magic with a wrong checksum': ['kpl', /checksum 0{32}, expected [0-9a-f]{32}/],
};

/** By the note of the line: what the dead letter says of values that are set aside of an event that counts. */
const SET_ASIDE: Readonly<Record<string, RegExp>> = {
  'a number as text': /^values\["x"\]: found the text "12", expected a finite number, true, false or null$/,
  'overflows to Infinity': /^values\["x"\]: found the number Infinity, expected a finite number/,
};

const folder = recordingsFolder();
const lines = hostileLines(folder);

describe.skipIf(folder === undefined)('the hostile recording', () => {
  it('gets the verdicts it names, one record at a time', async () => {
    const system = new ConsumerSystem(PIPELINE);
    const deliverer = system.aggregateDeliverer(deliveries());
    for (const { note, expect: verdicts } of lines) {
      await deliverer.step({ kind: 'deliver', lane: 0, container: 0, length: 1 });
      expect(system.observed.latest(), note).toMatchObject({
        ...countsOf(verdicts),
        failures: 0,
        records: 1,
      });
    }
    expect(system.observed.published).toHaveLength(lines.length);
    await expectRightDeadLetters(system);
  });

  it('comes to the same as one batch', async () => {
    const system = new ConsumerSystem(PIPELINE);
    const deliverer = system.aggregateDeliverer(deliveries());
    await deliverer.step({ kind: 'deliver', lane: 0, container: 0, length: lines.length });
    const counts = countsOf(lines.flatMap(({ expect: verdicts }) => verdicts));
    expect(system.observed.published).toHaveLength(1);
    expect(system.observed.latest()).toMatchObject({ ...counts, failures: 0, records: lines.length });
    await expectRightDeadLetters(system);
  });
});

/** The recorded records as the mapping hands them over. */
function deliveries(): Delivery<KinesisEventRecord>[] {
  return lines.map(({ kinesis }) => {
    const { sequenceNumber: sequence, partitionKey, approximateArrivalTimestamp } = kinesis;
    const data = Buffer.from(kinesis.data, 'base64');
    const datum = {
      shard: SHARD,
      sequence,
      partitionKey,
      data,
      arrivalMs: approximateArrivalTimestamp * 1_000,
    };
    const record = kinesisEventRecord(datum, 'arn:aws:kinesis:us-east-1:000000000000:stream/hostile');
    return { shard: SHARD, sequence, record };
  });
}

async function expectRightDeadLetters(system: ConsumerSystem): Promise<void> {
  await system.rollupDeliverer().finish();
  const letters = await collect(system.deadLetters.list());
  const [aside, whole] = [true, false].map(
    (isAside) =>
      new Map(
        letters
          .filter(({ reason }) => (reason === 'value-set-aside') === isAside)
          .map((letter) => [`${letter.at.sequence} ${letter.at.index}`, letter]),
      ),
  );
  let expected = 0;
  for (const { note, kinesis, expect: verdicts } of lines) {
    for (const [index, verdict] of verdicts.entries()) {
      const place = `${kinesis.sequenceNumber} ${index}`;
      const letter = whole?.get(place);
      const kept = verdict === 'late' || verdict === 'quarantined';
      if (kept) expected += 1;
      if (kept) expectRightDeadLetter(letter, note, kinesis.data);
      else expect(letter, note).toBeUndefined();
      const detail = SET_ASIDE[note];
      if (detail === undefined) expect(aside?.get(place), note).toBeUndefined();
      else {
        expect(aside?.get(place)?.detail, note).toMatch(detail);
        expect(aside?.get(place)?.payload.body, note).toBe(Buffer.from(kinesis.data, 'base64').toString());
      }
    }
  }
  expect(letters).toHaveLength(expected + Object.keys(SET_ASIDE).length);
  const ledger = await readLedger(system.states, system.deadLetters);
  expect(ledger).toMatchObject(countsOf(lines.flatMap(({ expect: verdicts }) => verdicts)));
  expect(ledger.lateLetters).toBe(ledger.late);
  expect(imbalance(ledger)).toBe(0);
  expect(ledger.setAside).toBe(Object.keys(SET_ASIDE).length);
}

function expectRightDeadLetter(letter: DeadLetter | undefined, note: string, data: string): void {
  const [reason, detail] = WRONG[note] ?? ['no reason is known for this line', /^$/];
  expect(letter, note).toMatchObject({ reason, detail: expect.stringMatching(detail) });
  const payload = letter?.payload;
  if (payload?.encoding === 'base64') expect(payload.body, note).toBe(data);
  if (payload?.encoding === 'utf8') {
    expect(payloadBytes({ encoding: 'utf8', body: payload.body }).toString('base64'), note).toBe(data);
  }
  if (payload?.encoding === 'json') expect(() => JSON.parse(payload.body), note).not.toThrow();
}

function countsOf(verdicts: readonly string[]): Record<string, number> {
  const count = (verdict: string) => verdicts.filter((each) => each === verdict).length;
  return {
    received: verdicts.length,
    applied: count('applied'),
    duplicate: count('duplicate'),
    late: count('late'),
    quarantined: count('quarantined'),
  };
}
