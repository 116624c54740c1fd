// Disks that are full or fail: nothing is said to be kept that is not, and what is there goes on.
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DiskBuffer } from '../../../../producers/http/disk-buffer.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const ALL = { maxRecords: 100, maxBytes: 100_000 };
const texts = async (buffer: DiskBuffer) => (await buffer.peek(ALL)).payloads.map(String);

/** A disk with room for so many bytes, whose syncs can fail. */
function smallDisk() {
  const disk = { room: Number.POSITIVE_INFINITY, canCut: true, syncs: true };
  const open = async (path: string, flags: string): Promise<FileHandle> => {
    const file = await openFile(path, flags);
    const write = file.write.bind(file);
    const cut = file.truncate.bind(file);
    const sync = file.datasync.bind(file);
    Object.assign(file, {
      write: async (bytes: Buffer, at: number, length: number, position: number) => {
        if (disk.room <= 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        const part = Math.min(length, disk.room);
        disk.room -= part;
        return write(bytes, at, part, position);
      },
      writeFile: async (bytes: Buffer) => {
        if (disk.room < bytes.length) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
        await write(bytes);
      },
      truncate: async (size: number) => {
        if (!disk.canCut) throw new Error('cannot cut');
        await cut(size);
      },
      datasync: async () => {
        if (!disk.syncs) throw new Error('EIO');
        await sync();
      },
    });
    return file;
  };
  return { disk, open };
}

async function setUp() {
  const folder = await temporaryFolder();
  const { disk, open } = smallDisk();
  const options = { folder, maxBytes: 10_000, segmentBytes: 1_000, fsync: 'always' as const };
  return { disk, options, buffer: await DiskBuffer.open({ ...options, openFile: open }) };
}

describe('a buffer on a full disk', () => {
  it.each([true, false])(
    'keeps nothing of what it did not take, and goes on (can cut: %s)',
    async (canCut) => {
      const { disk, options, buffer } = await setUp();
      await buffer.append(Buffer.from('first'));
      Object.assign(disk, { room: 10, canCut });
      await expect(buffer.append(Buffer.from('too much'))).rejects.toThrow('no space left');
      expect(buffer.stats()).toMatchObject({ records: 1, appended: 1 });
      Object.assign(disk, { room: 1_000, canCut: true });
      await buffer.append(Buffer.from('second'));
      expect(await texts(buffer)).toEqual(['first', 'second']);
      await buffer.close();
      const again = await DiskBuffer.open(options);
      expect(await texts(again)).toEqual(['first', 'second']);
      expect(again.stats().damaged).toBe(0);
      await again.close();
    },
  );

  it('is done with what is released though there is no room to note it', async () => {
    const { disk, buffer } = await setUp();
    for (const text of ['a', 'b', 'c']) await buffer.append(Buffer.from(text));
    disk.room = 0;
    await expect(buffer.release(await buffer.peek({ maxRecords: 2, maxBytes: 100 }))).rejects.toThrow(
      'no space left',
    );
    expect(await texts(buffer)).toEqual(['c']);
    expect(buffer.stats().records).toBe(1);
    await buffer.close();
  });

  it('says that nothing is safe which waited for a sync that failed, and writes on in another file', async () => {
    const { disk, options, buffer } = await setUp();
    await buffer.append(Buffer.from('safe'));
    disk.syncs = false;
    const waiting = ['a', 'b'].map((text) => buffer.append(Buffer.from(text)));
    expect((await Promise.allSettled(waiting)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    disk.syncs = true;
    await buffer.append(Buffer.from('safe again'));
    expect(await texts(buffer)).toEqual(['safe', 'a', 'b', 'safe again']);
    await buffer.close();
    const again = await DiskBuffer.open(options);
    expect(again.stats()).toMatchObject({ found: 4, damaged: 0 });
    await again.close();
  });
});
