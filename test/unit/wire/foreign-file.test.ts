// What a file is told to be that holds no telemetry as text, whatever it is packed in and however it is read.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BUILT_IN_SHAPES } from '../../../src/core/shape/built-in-shapes.ts';
import { readTextFile } from '../../../src/wire/read-text-file.ts';
import { RecordingError } from '../../../src/wire/recording-error.ts';
import { readRecording } from '../../../src/wire/recordings.ts';
import { readShapedFile } from '../../../src/wire/shapes/read-shaped-file.ts';
import { SkippedPaths } from '../../../src/wire/shapes/skipped-paths.ts';
import { shapesOf } from '../../support/shaped.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const EVENT = '{"source":"a","time":1772352000000,"values":{"t":1}}\n';
const hex = (digits: string) => Buffer.from(digits.padEnd(40, '0'), 'hex');
const tar = Buffer.concat([
  Buffer.from('a.json'.padEnd(257, '\0')),
  Buffer.from('ustar\0'),
  Buffer.alloc(249),
]);

const FOREIGN: readonly (readonly [string, Buffer, RegExp])[] = [
  ['an HTML page', Buffer.from('<!DOCTYPE html>\n<html></html>\n'), /found an HTML page, expected data/],
  ['a page behind a remark', Buffer.from('\ufeff <!-- x -->\n<html lang="en">'), /found an HTML page/],
  ['a Zip archive', hex('504b0304'), /found a Zip archive .*, expected text: unpack it/],
  ['bzip2', Buffer.from('BZh91AY&SY'), /found bzip2 data, expected text/],
  ['xz', hex('fd377a585a00'), /found xz data/],
  ['tar', tar, /found a tar archive/],
  ['Parquet', Buffer.from('PAR1xxxx'), /found a Parquet file, expected text: export it/],
  ['SQLite', Buffer.from('SQLite format 3\0xx'), /found an SQLite database/],
  ['PDF', Buffer.from('%PDF-1.7\n'), /found a PDF document/],
  [
    'UTF-16 with its mark',
    Buffer.from(`\ufeff${EVENT}`, 'utf16le'),
    /found text in UTF-16, .*iconv -f UTF-16 /,
  ],
  ['UTF-16 without', Buffer.from(EVENT, 'utf16le'), /found text in UTF-16LE, expected UTF-8/],
  ['UTF-16, the other way', Buffer.from(EVENT, 'utf16le').swap16(), /found text in UTF-16BE, expected UTF-8/],
  ['bytes', Buffer.from([1, 2, 3, 0, 200, 7]), /found binary data, expected text/],
  [
    'Latin-1',
    Buffer.from('{"source":"a","note":"Température"}\n', 'latin1'),
    /found bytes that are not UTF-8 \(0xe9 at byte 26\), .*iconv -f WINDOWS-1252/,
  ],
];

async function readAll(entries: AsyncIterable<unknown>): Promise<unknown> {
  const read: unknown[] = [];
  for await (const entry of entries) read.push(entry);
  return read;
}

async function* chunksOf(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

const shapes = shapesOf(...BUILT_IN_SHAPES.keys());

describe.each(FOREIGN)('%s', (_, bytes, message) => {
  test.each([
    ['as it is', bytes],
    ['in gzip', gzipSync(bytes)],
    ['in zstd', zstdCompressSync(bytes)],
  ])('%s', async (__, packed) => {
    for (const size of [1, 7, 100_000]) {
      const input = () => ({ name: 'f', chunks: chunksOf(packed, size) });
      await expect(readAll(readRecording(input()))).rejects.toThrow(message);
      const shaped = readShapedFile(input(), { shapes, skipped: new SkippedPaths() });
      await expect(readAll(shaped)).rejects.toThrow(message);
    }
  });
});

test('what is text is read, whatever it begins with', async () => {
  const folder = await temporaryFolder();
  for (const text of ['', ' ', '{"a":"\\u0000"}', 'BZ,time\n1,2\n', '\ufffd', '<gpx></gpx>', 'a\ufffdb']) {
    const file = join(folder, 'f');
    await writeFile(file, `\ufeff${text}`);
    expect(await readTextFile(file)).toBe(text);
  }
});

test.each([
  ['', 'a folder', /: found a folder, expected a file$/],
  ['none', 'nothing', /none: there is no such file$/],
])('%s: %s', async (name, _, message) => {
  const file = join(await temporaryFolder(), name);
  const shaped = readShapedFile(file, { shapes, skipped: new SkippedPaths() });
  await expect(readAll(shaped)).rejects.toThrow(message);
  await expect(readTextFile(file)).rejects.toThrow(RecordingError);
});

test.each(['', ' \n\n'])('a file with nothing in it is told to be empty: %j', async (text) => {
  const chunks = chunksOf(Buffer.from(text), 10);
  const shaped = readShapedFile({ name: 'f', chunks }, { shapes, skipped: new SkippedPaths() });
  await expect(readAll(shaped)).rejects.toThrow('f: found an empty file, expected telemetry');
});
