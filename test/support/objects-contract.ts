// What every bucket must do, be it on S3, in a folder or in memory.
import { expect, test } from 'vitest';
import type { ListedObject, Objects } from '../../src/stores/archive/objects.ts';
import { collect } from './table-under-test.ts';

export function objectsContract(make: () => Promise<Objects>): void {
  const bytes = (text: string) => Buffer.from(text);
  const textOf = async (objects: Objects, key: string) => (await objects.get(key))?.body.toString();
  const keysOf = async (listed: AsyncIterable<ListedObject>) => (await collect(listed)).map(({ key }) => key);

  test('an object is there once it is put, with its bytes, and is not before', async () => {
    const objects = await make();
    const key = 'records/stream=Töpfe%2F1/shard=s-0/hour=2026-11-28T09/a + b&c.zst';
    expect(await objects.get(key)).toBeUndefined();
    const body = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * 7) % 256));
    const outcome = await objects.put(key, body);
    const stored = await objects.get(key);
    expect(stored?.body.equals(body)).toBe(true);
    expect(outcome).toEqual({ kind: 'stored', tag: stored?.tag });
    await objects.put(key, bytes(''));
    expect(await textOf(objects, key)).toBe('');
  });

  test('one that must not be there is put once, and refused from then on', async () => {
    const objects = await make();
    expect((await objects.put('a/b', bytes('1'), 'absent')).kind).toBe('stored');
    expect(await objects.put('a/b', bytes('1'), 'absent')).toEqual({ kind: 'refused' });
    expect(await objects.put('a/b', bytes('2'), 'absent')).toEqual({ kind: 'refused' });
    expect(await textOf(objects, 'a/b')).toBe('1');
  });

  test('one that must be as it was read is replaced then, and refused otherwise', async () => {
    const objects = await make();
    expect(await objects.put('a', bytes('0'), { tag: '"none"' })).toEqual({ kind: 'refused' });
    expect(await objects.get('a')).toBeUndefined();
    const first = await objects.put('a', bytes('1'));
    if (first.kind !== 'stored') throw new Error('expected it to be stored');
    const second = await objects.put('a', bytes('2'), { tag: first.tag });
    expect(second.kind).toBe('stored');
    expect(await objects.put('a', bytes('3'), { tag: first.tag })).toEqual({ kind: 'refused' });
    expect(await textOf(objects, 'a')).toBe('2');
  });

  test('of several writers at once one wins, whatever the condition', async () => {
    const objects = await make();
    const race = async (condition: 'absent' | { readonly tag: string }) => {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          objects.put('race', bytes(`${JSON.stringify(condition)} ${at}`), condition),
        ),
      );
      return outcomes.filter(({ kind }) => kind === 'stored');
    };
    const [won, ...others] = await race('absent');
    expect(others).toEqual([]);
    expect((await objects.get('race'))?.tag).toBe(won?.kind === 'stored' ? won.tag : undefined);
    if (won?.kind !== 'stored') throw new Error('expected one to win');
    expect(await race({ tag: won.tag })).toHaveLength(1);
  });

  test('a listing has the keys of a prefix in the order of their bytes, and those behind a key', async () => {
    const objects = await make();
    const keys = ['p/a', 'p/a/b', 'p/a-b', 'p/ab', 'p/ü', 'p/\u{1f600}', 'p/\ufb00', 'q'];
    for (const key of keys.filter((each) => each !== 'p/a')) await objects.put(key, bytes(key));
    const sorted = ['p/a-b', 'p/a/b', 'p/ab', 'p/ü', 'p/\ufb00', 'p/\u{1f600}'];
    expect(await keysOf(objects.list('p/'))).toEqual(sorted);
    expect(await keysOf(objects.list('p/', 'p/a/b'))).toEqual(sorted.slice(2));
    expect(await keysOf(objects.list('p/a/'))).toEqual(['p/a/b']);
    expect(await keysOf(objects.list('none/'))).toEqual([]);
    expect(await collect(objects.list('q'))).toEqual([{ key: 'q', size: 1 }]);
  });

  test('a listing of more than a thousand has all of them', async () => {
    const objects = await make();
    const keys = Array.from({ length: 1_203 }, (_, at) => `many/${String(at).padStart(5, '0')}`);
    for (let at = 0; at < keys.length; at += 50) {
      await Promise.all(keys.slice(at, at + 50).map((key) => objects.put(key, bytes(''))));
    }
    expect(await keysOf(objects.list('many/'))).toEqual(keys);
  });

  test('what is removed is gone, and may be removed again', async () => {
    const objects = await make();
    await objects.put('x/y', bytes('1'));
    await objects.remove('x/y');
    await objects.remove('x/y');
    expect(await objects.get('x/y')).toBeUndefined();
    expect(await keysOf(objects.list('x/'))).toEqual([]);
  });
}
