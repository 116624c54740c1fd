import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileCheckpoints } from '../../../src/event-source/file-checkpoints.ts';
import { createMemoryCheckpoints } from '../../../src/event-source/memory-checkpoints.ts';
import type { ShardCheckpoint } from '../../../src/event-source/ports.ts';
import { sequenceNumber, shardId } from '../../../src/event-source/stream-ids.ts';

const [first, second] = [shardId('shardId-000000000000'), shardId('shardId-000000000001')];
const at = (sequence: number): ShardCheckpoint => ({
  sequence: sequenceNumber(String(sequence)),
  start: { at: 'trim-horizon' },
  drained: false,
});
const untouched: ShardCheckpoint = {
  sequence: undefined,
  start: { at: 'timestamp', timestampMs: 1_767_225_600_000 },
  drained: true,
};

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'checkpoints-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe.each([
  ['memory', createMemoryCheckpoints],
  ['file', () => createFileCheckpoints(join(folder, 'not', 'there', 'yet'))],
])('%s checkpoints', (_, create) => {
  test('a mapping that never ran has none', async () => {
    expect((await create().load('new')).size).toBe(0);
  });

  test('what is saved is loaded, by mapping and shard', async () => {
    const store = create();
    await store.begin('a', new Map([[first, untouched]]));
    await store.save('a', second, at(7));
    await store.save('b', first, at(8));
    expect(await store.load('a')).toEqual(
      new Map([
        [first, untouched],
        [second, at(7)],
      ]),
    );
    expect(await store.load('b')).toEqual(new Map([[first, at(8)]]));
  });

  test('what was loaded does not change with what is saved later', async () => {
    const store = create();
    await store.save('a', first, at(1));
    const loaded = await store.load('a');
    await store.save('a', first, at(2));
    expect(loaded.get(first)).toEqual(at(1));
  });
});

describe('file checkpoints', () => {
  test('outlive the process with the lanes that are ahead and the window that is open', async () => {
    const mark = (sequence: string) => ({ sequence: sequenceNumber(sequence), arrivalMs: 1_767_225_600_000 });
    const whole: ShardCheckpoint = {
      ...at(7),
      lanes: { factor: 4, through: { 1: sequenceNumber('9'), 3: sequenceNumber('12') } },
      window: {
        startMs: 0,
        endMs: 60_000,
        state: { total: 3, by: { a: [1, null] } },
        first: mark('1'),
        last: mark('7'),
        early: true,
      },
      windowsClosedMs: 60_000,
    };
    await createFileCheckpoints(folder).save('a', first, whole);
    expect(await createFileCheckpoints(folder).load('a')).toEqual(new Map([[first, whole]]));
  });

  test('of a mapping that is deleted are gone, also for the process after', async () => {
    const store = createFileCheckpoints(folder);
    await store.save('a', first, at(1));
    await store.save('b', first, at(2));
    await store.forget?.('a');
    expect((await store.load('a')).size).toBe(0);
    expect((await createFileCheckpoints(folder).load('a')).size).toBe(0);
    expect(await createFileCheckpoints(folder).load('b')).toEqual(new Map([[first, at(2)]]));
  });

  test('outlive the process', async () => {
    await createFileCheckpoints(folder).begin('a/b:c', new Map([[first, untouched]]));
    const later = createFileCheckpoints(folder);
    await later.save('a/b:c', second, at(3));
    expect(await createFileCheckpoints(folder).load('a/b:c')).toEqual(
      new Map([
        [first, untouched],
        [second, at(3)],
      ]),
    );
    expect(await readdir(folder)).toEqual(['a%2Fb%3Ac.json']);
  });

  test('many saves at once end with the last of each shard', async () => {
    const store = createFileCheckpoints(folder);
    const saves = Array.from({ length: 200 }, (_, n) => store.save('a', n % 2 === 0 ? first : second, at(n)));
    await Promise.all(saves);
    expect(await createFileCheckpoints(folder).load('a')).toEqual(
      new Map([
        [first, at(198)],
        [second, at(199)],
      ]),
    );
  });

  test('a save that failed is told, and the next one works again', async () => {
    const blocked = join(folder, 'blocked');
    const store = createFileCheckpoints(blocked);
    await store.load('a');
    await writeFile(blocked, 'a file where the folder should be');
    await expect(store.save('a', first, at(2))).rejects.toThrow('EEXIST');
    await rm(blocked);
    await store.save('a', first, at(3));
    expect(await createFileCheckpoints(blocked).load('a')).toEqual(new Map([[first, at(3)]]));
  });

  test.each([
    '',
    '[1]',
    '{"s":{}}',
    '{"s":{"sequence":"x","start":{"at":"latest"},"drained":false}}',
    '{"s":',
  ])('the file %j is refused by name, not taken for a new beginning', async (text) => {
    await writeFile(join(folder, 'a.json'), text);
    await expect(createFileCheckpoints(folder).load('a')).rejects.toThrow(
      `unreadable checkpoints in ${join(folder, 'a.json')}`,
    );
  });
});
