// What `tidemill shape --guess` proposes reads the file it was made for: real files that no built-in shape knows.
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import { guessShape } from '../../../../src/wire/shapes/guess-shape.ts';
import { readDocuments, readShapedFile } from '../../../../src/wire/shapes/read-shaped-file.ts';
import { SkippedPaths } from '../../../../src/wire/shapes/skipped-paths.ts';
import { formatsFolder } from '../../../support/formats.ts';
import { runs } from '../../../support/runs.ts';
import { shapesOf } from '../../../support/shaped.ts';

const folder = formatsFolder();

describe.skipIf(folder === undefined)('the shared samples', () => {
  test.each([
    ['airquality-uci.csv', 39, 0],
    ['aot-kinesis.json', 8, 0],
    ['scoreboard-kinesis.json', 12, 0],
    // Two kinds of messages: the proposal takes the more frequent one, and says so.
    ['mqtt-nodered-dump.json', 10, 4],
  ])('%s', async (name, taken, left) => {
    const file = join(folder ?? '', name);
    const { documents, format } = await readDocuments(file, shapesOf(...BUILT_IN_SHAPES.keys()));
    const guess = guessShape(documents, format);
    if (guess === undefined) throw new Error('found no proposal, expected one');
    const counts = { event: 0, refused: 0 };
    const options = { shapes: shapesOf(guess.definition), skipped: new SkippedPaths() };
    for await (const { kind } of readShapedFile(file, options)) counts[kind] += 1;
    expect(counts).toEqual({ event: taken, refused: left });
    if (left > 0) expect(guess.doubts.join()).toContain(`${taken} of ${taken + left} have it there`);
  });
});

test('of a value with several units a proposal says so', () => {
  const documents = ['250m', '1'].map((cpu) => ({
    pod: 'a',
    timestamp: '2026-03-01T08:00:00Z',
    cpu,
    power: '5 W',
  }));
  const doubts = guessShape(documents, 'json')?.doubts ?? [];
  expect(doubts).toContain('values: cpu has several units (m, none); "units" says what one of each is');
  expect(doubts.join()).not.toContain('power');
});

describe('documents', () => {
  test.each([
    [
      'a list of one',
      { type: 'FeatureCollection', features: [{ properties: { time: 1_772_351_940_123, mag: 1.5 } }] },
      { each: 'features[*]', time: { path: 'properties.time', as: 'ms' } },
    ],
    [
      'numbers in texts',
      [[{ entity_id: 'sensor.t', state: '21.5', last_changed: '2026-03-01T07:59:00+00:00' }]],
      {
        source: 'entity_id',
        time: { path: 'last_changed', as: 'iso' },
        values: [{ path: '.', text: 'number' }],
      },
    ],
    [
      'one object with seconds',
      { _type: 'location', lat: 51.5, tst: 1_772_351_940 },
      { time: { path: 'tst', as: 's' } },
    ],
    [
      'a date and a time of twelve hours',
      [
        { Date: '3/1/2026', Time: '8:00:05 PM', t: 1 },
        { Date: '3/14/2026', Time: '8:00:05 AM', t: 2 },
      ],
      { time: { path: '{Date} {Time}', as: 'M/d/yyyy h:mm:ss a', zone: 'UTC' } },
    ],
    [
      'lists side by side',
      {
        device: 'd1',
        hourly_units: { t: 'C' },
        hourly: { time: ['2026-03-01T00:00', '2026-03-01T01:00'], t: [1.5, null] },
      },
      {
        each: { transpose: 'hourly' },
        when: { has: ['hourly.time'] },
        source: '^.device',
        time: { path: 'time', as: 'iso', zone: 'UTC' },
        values: [{ path: '.', text: 'skip' }],
      },
    ],
    [
      'rows under the names of their columns',
      { labels: ['time', 'host', 't'], data: [[1_772_352_000, 'a', 1.5]] },
      { each: { rows: 'data', columns: 'labels' }, source: 'host', time: { path: 'time', as: 's' } },
    ],
    [
      'lists that are no columns',
      { device: 'd1', ts: 1_772_352_000, accel: [1, 2, 3], gyro: [4, 5, 6] },
      { source: 'device', time: { path: 'ts', as: 's' } },
    ],
    [
      'values beside their names',
      { device: 'd1', variable: 't', value: 21.5, time: '2026-03-01T08:00:00Z' },
      { source: 'device', values: { '{variable}': 'value' } },
    ],
    [
      'a list of values beside their names, the rest around it',
      { box: { mac: 'A4' }, at: '2026-03-01T08:00:00Z', readings: [{ value_type: 'P1', value: '3.97' }] },
      {
        each: 'readings[*]',
        source: '^.box.mac',
        time: { path: '^.at', as: 'iso' },
        values: { '{value_type}': 'value' },
      },
    ],
    [
      'a list of values with names and times',
      { timestamp: 1, values: [1, 2].map((v) => ({ id: `tag-${v}`, v, t: 1_772_352_000_000 })) },
      { each: 'values[*]', time: { path: 't', as: 'ms' }, values: { '{id}': 'v' } },
    ],
    [
      'numbers that say which or when are no values',
      { name: 'x', dt: 1_772_352_000, cityId: 7, sunrise: 1_772_348_400, devEUI: '24E124', temp: 21.5 },
      { source: 'devEUI', time: { path: 'dt', as: 's' }, values: [{ drop: ['cityId', 'sunrise'] }] },
    ],
    [
      'a version is no number with a unit',
      { time: 1_772_352_000, freq: '868M', mode: '11n', u: 3 },
      { values: [{ text: 'skip' }] },
    ],
    [
      'a number with a unit',
      { time: 1_772_352_000, u: '3.3 V', h: '45 %', p: '1001hPa' },
      { values: [{ text: 'units' }] },
    ],
    [
      'commas for points, and German names',
      { Datum: '13.03.2026', Uhrzeit: '08:00', Temperatur: '21,5' },
      {
        time: { path: '{Datum} {Uhrzeit}', as: 'd.M.yyyy H:mm', zone: 'UTC' },
        values: [{ text: 'number', decimalComma: true }],
      },
    ],
    ['no time', { t: 21.5, h: 40 }, { source: '@partitionKey', time: '@arrival', when: { has: ['t', 'h'] } }],
  ])('%s', (_, document, definition) => {
    expect(guessShape([document], 'json')?.definition).toMatchObject(definition);
  });

  test.each([[{ note: 'x' }], [[]], [{}]])('%j is nothing to go by', (document) => {
    expect(guessShape([document], 'json')).toBeUndefined();
  });

  test('whatever is proposed is a shape', () => {
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(
        '21,5',
        '3 V',
        'ON',
        '2026-03-01T08:00:00Z',
        '01.03.2026',
        1_772_352_000,
        null,
      ),
      fc.double({ noNaN: true }),
      fc.string({ maxLength: 8 }),
    );
    const name = fc.oneof(
      fc.constantFrom('time', 'id', 'name', 'value', 'v', 'variable', 'Datum', 'Uhrzeit', 'mac', 'a.b', '^'),
      fc.string({ maxLength: 4 }),
    );
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 5 }),
      ),
    }));
    fc.assert(
      fc.property(fc.array(value, { maxLength: 3 }), (documents) => {
        const guess = guessShape(documents, 'json');
        if (guess !== undefined) expect(() => shapesOf(guess.definition)).not.toThrow();
      }),
      { numRuns: runs(300) },
    );
  });
});
