// What the store of dead letters does, whichever table it stands on.
import { describe, expect, test } from 'vitest';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import type { DeadLetter } from '../../src/stores/dead-letters.ts';
import { DeadLetters } from '../../src/stores/dead-letters.ts';
import type { MakeTable } from './table-under-test.ts';
import { collect, DEAD_LETTERS_SCHEMA } from './table-under-test.ts';

export function deadLettersContract(make: MakeTable): void {
  const open = async () => new DeadLetters((await make(DEAD_LETTERS_SCHEMA)).table);
  describe('dead letters', () => {
    contentsContract(open);
    placesContract(open);
  });
}

function contentsContract(open: () => Promise<DeadLetters>): void {
  test('come back as they were put', async () => {
    const letters = await open();
    const all = [
      letterOf({}),
      letterOf({ index: 1, source: undefined, detail: '' }),
      letterOf({ index: 99_999, reason: 'late', body: '' }),
      letterOf({ shard: 'shardId:with#odd', body: '\u{1F600}"__proto__' }),
    ];
    await letters.put(all);
    expect(await list(letters)).toEqual(inOrder(all));
    expect(await letters.count()).toMatchObject({ quarantined: 3, late: 1, refused: 0, setAside: 0 });
  });

  test('of an event and of its values are two, in one place, and the second is no verdict', async () => {
    const letters = await open();
    const both = [
      letterOf({ index: 7, reason: 'late' }),
      letterOf({ index: 7, reason: 'value-set-aside', body: 'x'.repeat(250_000) }),
    ];
    await letters.put(both);
    await letters.put(both);
    const found = await list(letters);
    expect(found).toHaveLength(2);
    expect(found).toEqual(expect.arrayContaining(both));
    expect(await letters.count()).toMatchObject({ quarantined: 0, late: 1, refused: 0, setAside: 1 });
  });

  test('put twice are one', async () => {
    const letters = await open();
    await letters.put([letterOf({}), letterOf({ index: 1, body: 'x'.repeat(250_000) })]);
    await letters.put([letterOf({}), letterOf({ index: 1, body: 'x'.repeat(250_000) })]);
    expect(await list(letters)).toHaveLength(2);
    expect(await letters.count()).toMatchObject({ quarantined: 2, late: 0, refused: 0, setAside: 0 });
  });

  test('with bodies of a megabyte come back whole, surrogate pairs at every cut', async () => {
    const letters = await open();
    const shifted = ['', 'x', 'xx', 'é'].map((head, index) =>
      letterOf({ index, body: head + '\u{1F600}'.repeat(262_144) }),
    );
    await letters.put(shifted);
    expect(await list(letters)).toEqual(inOrder(shifted));
    expect(await letters.count()).toMatchObject({ quarantined: 4, late: 0, refused: 0, setAside: 0 });
  });

  test('around the length of a part come back whole', async () => {
    const letters = await open();
    const around = [99_999, 100_000, 100_001, 200_000, 200_001].map((length, index) =>
      letterOf({ index, body: 'é'.repeat(length) }),
    );
    await letters.put(around);
    expect(await list(letters)).toEqual(inOrder(around));
  });
}

function placesContract(open: () => Promise<DeadLetters>): void {
  test('of events that were put back keep the numbers of the letters before', async () => {
    const letters = await open();
    const late = letterOf({ reason: 'late' });
    const again = { ...late, detail: 'put back', keepsNumber: true as const };
    const numbers = async () => (await list(letters)).map((letter) => letter.number);
    await letters.put([{ ...late, number: 3 }]);
    await letters.put([again]);
    await letters.put([again]);
    expect(await list(letters)).toEqual([{ ...late, detail: 'put back', number: 3 }]);
    // In one call; and where there is none to keep.
    const other = { ...late, ...letterOf({ reason: 'late', index: 1 }) };
    await letters.put([
      { ...other, number: 4 },
      { ...other, keepsNumber: true },
      { ...letterOf({ index: 2 }), keepsNumber: true },
    ]);
    expect(await numbers()).toEqual([3, 4, undefined]);
  });

  test('that are new take no place of others, also beside them', async () => {
    const letters = await open();
    const late = letterOf({ reason: 'late' });
    await letters.put([{ ...late, number: 3 }]);
    const other = letterOf({ index: 1, reason: 'given-up', body: 'x'.repeat(250_000) });
    const asGivenUp = [letterOf({ reason: 'given-up' }), other];
    expect(await letters.putNew(asGivenUp)).toBe(1);
    expect(await letters.putNew(asGivenUp)).toBe(0);
    expect(await list(letters)).toEqual([{ ...late, number: 3 }, other]);
    const beside = { ...other, at: { ...other.at, index: 2 } };
    const added = await Promise.all([letters.putNew([beside]), letters.putNew([beside])]);
    expect(added.sort()).toEqual([0, 1]);
    expect(await list(letters)).toEqual([{ ...late, number: 3 }, other, beside]);
  });

  test('are put by the hundred', async () => {
    const letters = await open();
    const many = Array.from({ length: 130 }, (_, index) => letterOf({ index }));
    await letters.put(many);
    expect(await list(letters)).toEqual(inOrder(many));
  });
}

async function list(letters: DeadLetters): Promise<DeadLetter[]> {
  return inOrder(await collect(letters.list()));
}

function inOrder(letters: readonly DeadLetter[]): DeadLetter[] {
  const key = ({ at }: DeadLetter) => `${at.shard} ${String(at.index).padStart(6, '0')}`;
  return [...letters].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function letterOf(overrides: {
  readonly shard?: string;
  readonly index?: number;
  readonly reason?: string;
  readonly detail?: string;
  readonly source?: string | undefined;
  readonly body?: string;
}): DeadLetter {
  return {
    at: {
      shard: (overrides.shard ?? 'shardId-000000000000') as ShardId,
      sequence: '49590338271490256608559692538361571095921575989136588898' as SequenceNumber,
      index: overrides.index ?? 0,
    },
    reason: overrides.reason ?? 'time-invalid',
    detail: overrides.detail ?? 'time: found "x", expected ms or RFC 3339',
    source: 'source' in overrides ? overrides.source : 'a',
    arrivalMs: 1_780_000_000_000,
    payload: { encoding: 'json', body: overrides.body ?? '{}' },
  };
}
