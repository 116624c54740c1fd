// A small buffer, cut at every byte and with a bit of every byte flipped: what was acknowledged and is undamaged comes out
// once and in order, and what is missing is counted.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DiskBuffer } from '../../../../producers/http/disk-buffer.ts';
import { encodeRecord } from '../../../../producers/http/segment-records.ts';
import { fastFolder } from '../../../support/fast-folder.ts';

type Files = ReadonlyMap<string, Buffer>;

const ALL = { maxRecords: 1_000, maxBytes: 1_000_000 };
const open = (folder: string) =>
  DiskBuffer.open({ folder, maxBytes: 100_000, segmentBytes: 70, fsync: 'never' });
const events = (count: number) => Array.from({ length: count }, (_, i) => `{"id":${i}}`);
const segmentsOf = (files: Files) => [...files.keys()].filter((name) => name.startsWith('segment')).sort();

/** Seven events of which two are released, in segments of three frames. */
async function kept(): Promise<Files> {
  const folder = await fastFolder();
  const buffer = await open(folder);
  for (const text of events(7)) await buffer.append(Buffer.from(text));
  await buffer.release(await buffer.peek({ maxRecords: 2, maxBytes: 1_000 }));
  await buffer.close();
  return filesIn(folder);
}

/** As an earlier release leaves it: records without numbers, and a note without one. */
function keptEarlier(): Files {
  const records = events(5).map((text) => encodeRecord(Buffer.from(text)));
  return new Map([
    ['segment-000000000001', Buffer.concat(records.slice(0, 3))],
    ['segment-000000000002', Buffer.concat(records.slice(3))],
    ['position', encodeRecord(Buffer.from(JSON.stringify({ segment: 1, offset: records[0]?.length })))],
  ]);
}

async function filesIn(folder: string): Promise<Files> {
  const files = new Map<string, Buffer>();
  for (const name of await readdir(folder)) files.set(name, await readFile(join(folder, name)));
  return files;
}

/** What comes out, with one more event put in; and that nothing comes out again. */
async function outOf(files: Files, folder: string) {
  await mkdir(folder);
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  const buffer = await open(folder);
  const { found, damaged } = buffer.stats();
  await buffer.append(Buffer.from('new'));
  await buffer.close();
  const again = await open(folder);
  const taken = await again.peek(ALL);
  const out = taken.payloads.map(String);
  await again.release(taken);
  expect(again.stats()).toMatchObject({ records: 0, found: out.length });
  await again.close();
  const last = await open(folder);
  expect(last.stats().records).toBe(0);
  await last.close();
  expect(out).toHaveLength(found + 1);
  return { out, damaged };
}

const flipped = (content: Buffer, at: number): Buffer => {
  const bytes = Buffer.from(content);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << ((at * 5) % 8));
  return bytes;
};
const without = (all: readonly string[], missing: readonly number[]) =>
  all.filter((_, i) => !missing.includes(i));

describe('a buffer on a bad disk', () => {
  it('loses with any flipped bit the one event that it stood in, and counts it', async () => {
    const files = await kept();
    const folder = await fastFolder();
    let event = 0;
    for (const name of segmentsOf(files)) {
      const content = files.get(name) ?? Buffer.alloc(0);
      const frame = 22 + '{"id":0}'.length;
      for (let at = 0; at < content.length; at++) {
        const hit = event + Math.floor(at / frame);
        const { out, damaged } = await outOf(
          new Map([...files, [name, flipped(content, at)]]),
          join(folder, `${name}-${at}`),
        );
        const missing = hit < 2 ? [] : [hit - 2];
        expect([name, at, out, damaged]).toEqual([
          name,
          at,
          [...without(events(7).slice(2), missing), 'new'],
          missing.length,
        ]);
      }
      event += content.length / frame;
    }
    expect(event).toBe(7);
  });

  it('gives all that is there when the note has a flipped bit', async () => {
    const files = await kept();
    const folder = await fastFolder();
    const note = files.get('position') ?? Buffer.alloc(0);
    for (let at = 0; at < note.length; at++) {
      const { out, damaged } = await outOf(
        new Map([...files, ['position', flipped(note, at)]]),
        join(folder, String(at)),
      );
      expect([at, out, damaged]).toEqual([at, [...events(7), 'new'], 0]);
    }
  });

  it('keeps what stands before and in other segments, wherever one is cut', async () => {
    const files = await kept();
    const folder = await fastFolder();
    const frame = 22 + '{"id":0}'.length;
    let before = 0;
    for (const name of segmentsOf(files)) {
      const content = files.get(name) ?? Buffer.alloc(0);
      for (let at = 0; at < content.length; at++) {
        const { out, damaged } = await outOf(
          new Map([...files, [name, content.subarray(0, at)]]),
          join(folder, `${name}-${at}`),
        );
        const isLast = name === segmentsOf(files).at(-1);
        const gone = events(7).map((_, i) => i);
        const missing = gone.filter(
          (i) => i >= 2 && i >= before + Math.floor(at / frame) && i < before + content.length / frame,
        );
        const left = events(7).filter((_, i) => i >= 2 && !missing.includes(i));
        // At the very end it is what a killed process leaves of what it never answered for.
        expect([name, at, out, damaged]).toEqual([name, at, [...left, 'new'], isLast ? 0 : missing.length]);
      }
      before += content.length / frame;
    }
  });

  it('reads what an earlier release has kept, behind its note', async () => {
    const { out, damaged } = await outOf(keptEarlier(), join(await fastFolder(), 'kept'));
    expect([out, damaged]).toEqual([[...events(5).slice(1), 'new'], 0]);
  });

  it('loses one event of an earlier release with any flipped bit, and no other', async () => {
    const files = keptEarlier();
    const folder = await fastFolder();
    const record = 8 + '{"id":0}'.length;
    for (const [i, name] of segmentsOf(files).entries()) {
      const content = files.get(name) ?? Buffer.alloc(0);
      for (let at = 0; at < content.length; at++) {
        const { out } = await outOf(
          new Map([...files, [name, flipped(content, at)]]),
          join(folder, `${name}-${at}`),
        );
        const hit = i * 3 + Math.floor(at / record);
        expect([name, at, out]).toEqual([name, at, [...without(events(5), [0, hit]), 'new']]);
      }
    }
  });
});
