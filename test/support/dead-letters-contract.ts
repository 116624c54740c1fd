// What the store of dead letters does, whichever table it stands on.
import { describe, expect, test } from 'vitest';
import type { SequenceNumber, ShardId } from '../../src/core/brands.ts';
import type { DeadLetter } from '../../src/stores/dead-letters.ts';
import { DeadLetters, letterKey } from '../../src/stores/dead-letters.ts';
import { sumOfCounts } from '../../src/stores/letter-counts.ts';
import type { LetterKey } from '../../src/stores/letter-key.ts';
import type { MakeTable } from './table-under-test.ts';
import { collect, DEAD_LETTERS_SCHEMA } from './table-under-test.ts';

export function deadLettersContract(make: MakeTable): void {
  const open = async () => new DeadLetters((await make(DEAD_LETTERS_SCHEMA)).table);
  describe('dead letters', () => {
    contentsContract(open);
    placesContract(open);
    countsContract(open);
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

  test('of two streams are two, whose shards and sequence numbers have the same names', async () => {
    const letters = await open();
    const both = ['arn:one', 'arn:two'].map((stream) => letterOf({ stream, detail: stream }));
    await letters.put([...both, ...both]);
    expect(await letters.putNew(both)).toBe(0);
    const listed = await list(letters);
    expect(listed.map(({ stream }) => stream).sort()).toEqual(['arn:one', 'arn:two']);
    expect(listed.map(({ at }) => at)).toEqual(both.map(({ at }) => at));
    const [first, second] = both.map(letterKey);
    if (first === undefined || second === undefined) throw new Error('two letters have two keys');
    await letters.noteFates([{ letter: first, became: 'applied', was: 'time-invalid' }]);
    expect(await letters.fates([first, second])).toEqual(['applied', undefined]);
    expect(await letters.count()).toMatchObject({ quarantined: 1, redriven: 1 });
  });

  test('that were put before keys had streams stay where they are', async () => {
    const letters = await open();
    await letters.put([letterOf({ reason: 'given-up' }), letterOf({ index: 1 })]);
    const now = [
      letterOf({ stream: 'arn:one', reason: 'given-up' }),
      letterOf({ stream: 'arn:one', index: 1 }),
    ];
    expect(await letters.putNew(now)).toBe(0);
    await letters.put(now);
    const listed = await list(letters);
    expect(listed.map(({ at }) => at.index)).toEqual([0, 1]);
    expect(listed.map(letterKey)).toEqual([letterOf({}), letterOf({ index: 1 })].map(letterKey));
    // Another stream's record of that place came at another time.
    await letters.put(now.map((letter) => ({ ...letter, arrivalMs: 1 })));
    expect(await list(letters)).toHaveLength(4);
  });

  test('are put by the hundred', async () => {
    const letters = await open();
    const many = Array.from({ length: 130 }, (_, index) => letterOf({ index }));
    await letters.put(many);
    expect(await list(letters)).toEqual(inOrder(many));
  });
}

function countsContract(open: () => Promise<DeadLetters>): void {
  const NONE = { quarantined: 0, late: 0, refused: 0, setAside: 0, held: 0, missing: 0, givenUp: 0 };

  test.each([
    ['given-up', 'late', { late: 1 }],
    ['given-up', 'time-invalid', { quarantined: 1 }],
    ['time-invalid', 'late', { late: 1 }],
    ['source-full', 'late', { late: 1 }],
    ['time-invalid', 'source-full', { refused: 1 }],
    ['given-up', 'given-up', {}],
    ['time-invalid', 'not-json', {}],
  ])(
    'put back as %s and taken the place of as %s are in no count but their own',
    async (was, now, counts) => {
      const letters = await open();
      const letter = letterOf({ reason: was, body: 'x'.repeat(250_000) });
      await letters.put([letter]);
      await letters.noteFates([{ letter: letterKey(letter), became: 'applied', was }]);
      expect(await letters.count()).toEqual({ ...NONE, redriven: 1 });
      await letters.put([letterOf({ reason: now })]);
      expect(await letters.count()).toEqual({ ...NONE, redriven: 1, ...counts });
    },
  );

  test('are the same number in pages of any length', async () => {
    const letters = await open();
    const reasons = ['late', 'time-invalid', 'given-up', 'source-full', 'value-set-aside'];
    for (const [at, reason] of [...reasons, ...reasons].entries()) {
      const letter = letterOf({
        shard: `shard-${at % 3}`,
        index: at,
        reason,
        body: 'x'.repeat(120_000 * (at % 2)),
      });
      await letters.put([letter]);
      if (at % 3 === 0 || reason === 'late')
        await letters.noteFates([{ letter: letterKey(letter), became: 'applied', was: reason }]);
      if (at % 4 === 0) await letters.put([{ ...letter, reason: 'time-invalid' }]);
    }
    const whole = await letters.count();
    for (let limit = 1; limit <= 12; limit += 1) {
      let sum = { ...whole, ...NONE, redriven: 0 };
      let after: LetterKey | undefined;
      do {
        const page = await letters.countPage({ limit, after });
        sum = sumOfCounts(sum, page.counts);
        after = page.next;
      } while (after !== undefined);
      expect([limit, sum]).toEqual([limit, whole]);
    }
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
  readonly stream?: string;
}): DeadLetter {
  return {
    ...(overrides.stream === undefined ? {} : { stream: overrides.stream }),
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
