// What `tidemill shape --guess` proposes reads the file it was made for: real files that no built-in shape knows.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SHAPES } from '../../../../src/core/shape/built-in-shapes.ts';
import { guessShape } from '../../../../src/wire/shapes/guess-shape.ts';
import { readDocuments, readShapedFile } from '../../../../src/wire/shapes/read-shaped-file.ts';
import { SkippedPaths } from '../../../../src/wire/shapes/skipped-paths.ts';
import { formatsFolder } from '../../../support/formats.ts';
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
  ])('%s', (_, document, definition) => {
    expect(guessShape([document], 'json')?.definition).toMatchObject(definition);
  });
});
