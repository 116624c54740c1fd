import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DiskBuffer, type DiskBufferOptions } from '../../../../producers/http/disk-buffer.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

/** A frame of `event number 0`. */
const FRAME = 22 + 14;
const ALL = { maxRecords: 1_000, maxBytes: 1_000_000 };

const open = (folder: string, options: Partial<DiskBufferOptions> = {}) =>
  DiskBuffer.open({ folder, maxBytes: 10_000, segmentBytes: 100, fsync: 'always', ...options });
const texts = async (buffer: DiskBuffer, bounds = ALL) =>
  (await buffer.peek(bounds)).payloads.map((payload) => payload.toString('utf8'));
const appendAll = (buffer: DiskBuffer, all: readonly string[]) =>
  Promise.all(all.map((text) => buffer.append(Buffer.from(text))));
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `event number ${i}`);
const segmentsIn = async (folder: string) =>
  (await readdir(folder)).filter((name) => name.startsWith('segment')).sort();
/** As a killed process leaves it: nothing closed, the lock of a process that is gone. */
const leave = (folder: string) => writeFile(join(folder, 'lock'), '999999999');

describe('a buffer on disk', () => {
  it('gives records in the order they came, also those that came together', async () => {
    const buffer = await open(await temporaryFolder());
    await appendAll(buffer, numbered(30));
    expect(await texts(buffer)).toEqual(numbered(30));
    await buffer.close();
  });

  it('gives as many as both bounds allow, and one at least', async () => {
    const buffer = await open(await temporaryFolder());
    await appendAll(buffer, ['aaaa', 'bbbb', 'cccc']);
    expect(await texts(buffer, { maxRecords: 2, maxBytes: 100 })).toEqual(['aaaa', 'bbbb']);
    expect(await texts(buffer, { maxRecords: 9, maxBytes: 9 })).toEqual(['aaaa', 'bbbb']);
    expect(await texts(buffer, { maxRecords: 9, maxBytes: 1 })).toEqual(['aaaa']);
    await buffer.close();
  });

  it('goes on after a crash behind what was released, and forgets nothing else', async () => {
    const folder = await temporaryFolder();
    const first = await open(folder);
    await appendAll(first, numbered(20));
    await first.release(await first.peek({ maxRecords: 7, maxBytes: 10_000 }));
    await leave(folder);
    const second = await open(folder);
    expect(second.stats()).toMatchObject({ records: 13, found: 13, damaged: 0 });
    expect(await texts(second)).toEqual(numbered(20).slice(7));
    await appendAll(second, ['new']);
    await second.release(await second.peek({ maxRecords: 13, maxBytes: 10_000 }));
    expect(await texts(second)).toEqual(['new']);
    await second.close();
    await first.close();
  });

  it('deletes segments whose records are all released', async () => {
    const folder = await temporaryFolder();
    const buffer = await open(folder);
    await appendAll(buffer, numbered(40));
    const before = await segmentsIn(folder);
    expect(before.length).toBeGreaterThan(5);
    await buffer.release(await buffer.peek(ALL));
    expect((await segmentsIn(folder)).length).toBeLessThanOrEqual(1);
    expect(buffer.stats().bytes).toBeLessThan(100);
    await appendAll(buffer, ['after']);
    expect(await texts(buffer)).toEqual(['after']);
    await buffer.close();
  });

  it('says when it is full, and has room again for what is released', async () => {
    const buffer = await open(await temporaryFolder(), { maxBytes: 300 });
    const event = Buffer.from('x'.repeat(92));
    for (let i = 0; i < 3; i++) await buffer.append(event);
    expect(buffer.hasRoomFor(event)).toBe(false);
    await buffer.release(await buffer.peek({ maxRecords: 2, maxBytes: 1_000 }));
    expect(buffer.hasRoomFor(event)).toBe(true);
    await buffer.close();
  });

  // Every length at which a crash can cut the last record.
  it('drops a record that a crash has cut, wherever it was cut, and keeps those before it', async () => {
    for (let cut = 1; cut < FRAME; cut++) {
      const folder = await temporaryFolder();
      const first = await open(folder, { segmentBytes: 1_000 });
      await appendAll(first, numbered(3));
      await first.close();
      const [segment = ''] = await segmentsIn(folder);
      const path = join(folder, segment);
      await truncate(path, (await readFile(path)).length - cut);
      const second = await open(folder, { segmentBytes: 1_000 });
      await appendAll(second, ['next']);
      expect([cut, await texts(second), second.stats().damaged]).toEqual([cut, [...numbered(2), 'next'], 0]);
      await second.close();
    }
  });

  it('passes over a record that the disk has damaged, counts it, and gives the others', async () => {
    const folder = await temporaryFolder();
    const first = await open(folder, { segmentBytes: 1_000 });
    await appendAll(first, numbered(3));
    await first.close();
    const [segment = ''] = await segmentsIn(folder);
    const content = await readFile(join(folder, segment));
    content[FRAME + 22 + 3] = 0;
    await writeFile(join(folder, segment), content);
    const second = await open(folder, { segmentBytes: 1_000 });
    expect(second.stats()).toMatchObject({ records: 2, damaged: 1 });
    const taken = await second.peek(ALL);
    expect(taken.payloads.map(String)).toEqual(['event number 0', 'event number 2']);
    await second.release(taken);
    expect(second.stats().records).toBe(0);
    await second.close();
  });

  it('gives everything again when the note of what was released is damaged', async () => {
    const folder = await temporaryFolder();
    const first = await open(folder, { segmentBytes: 1_000 });
    await appendAll(first, numbered(3));
    await first.release(await first.peek({ maxRecords: 2, maxBytes: 1_000 }));
    await first.close();
    await writeFile(join(folder, 'position'), 'nonsense');
    const second = await open(folder, { segmentBytes: 1_000 });
    expect(await texts(second)).toEqual(numbered(3));
    await second.close();
  });

  it('passes over what is no record behind a segment, which costs none', async () => {
    const folder = await temporaryFolder();
    const first = await open(folder);
    await appendAll(first, numbered(8));
    await first.close();
    const [segment = ''] = await segmentsIn(folder);
    await appendFile(join(folder, segment), Buffer.from([255, 255, 255, 255, 0, 0, 0, 0, 1]));
    const second = await open(folder);
    expect(await texts(second)).toEqual(numbered(8));
    expect(second.stats().damaged).toBe(0);
    await second.close();
  });

  it('says that what was damaged while it ran is lost, and gives the rest', async () => {
    const folder = await temporaryFolder();
    const buffer = await open(folder, { segmentBytes: 1_000 });
    await appendAll(buffer, numbered(3));
    const [segment = ''] = await segmentsIn(folder);
    const content = await readFile(join(folder, segment));
    await writeFile(join(folder, segment), content.subarray(0, FRAME + 5));
    await appendAll(buffer, ['after']);
    expect(await texts(buffer)).toEqual(['event number 0', 'after']);
    expect(buffer.stats()).toMatchObject({ appended: 4, records: 2, lost: 2, damaged: 2 });
    await buffer.release(await buffer.peek(ALL));
    expect(buffer.stats().records).toBe(0);
    await buffer.close();
  });

  it('does not hide what comes after where the segment ends before the note', async () => {
    const folder = await temporaryFolder();
    const first = await open(folder, { segmentBytes: 1_000 });
    await appendAll(first, numbered(10));
    await first.release(await first.peek({ maxRecords: 8, maxBytes: 10_000 }));
    await first.close();
    const [segment = ''] = await segmentsIn(folder);
    await truncate(join(folder, segment), 4 * FRAME);
    const second = await open(folder, { segmentBytes: 1_000 });
    await appendAll(second, ['new 0', 'new 1']);
    expect(await texts(second)).toEqual(['new 0', 'new 1']);
    await second.close();
    const third = await open(folder);
    expect(await texts(third)).toEqual(['new 0', 'new 1']);
    await third.close();
  });

  it('belongs to one process', async () => {
    const folder = await temporaryFolder();
    const first = await open(folder);
    await expect(open(folder)).rejects.toThrow(`is in use by process ${process.pid}`);
    await first.close();
    await (await open(folder)).close();
    await rm(folder, { recursive: true });
  });
});
