// The gate of the bounded buffer.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Room } from '../../../../producers/client/room.ts';
import { runs } from '../../../support/runs.ts';

function gate(maxBytes: number, maxBytesPerSource: number) {
  const room = new Room({ maxBytes, maxBytesPerSource });
  const admitted: string[] = [];
  const enter = (name: string, bytes: number) =>
    room.enter({ source: name.slice(0, 1), bytes, admit: () => admitted.push(name) });
  return { room, admitted, enter };
}

describe('the room', () => {
  test('lets in while there is room, then makes wait, then lets in as others leave', () => {
    const { room, admitted, enter } = gate(10, 10);
    expect([enter('a1', 6), enter('b1', 4), enter('b2', 1)]).toEqual(['admitted', 'admitted', 'waiting']);
    room.leave('a', 6);
    expect(admitted).toEqual(['a1', 'b1']);
    room.admitWaiting();
    expect(admitted).toEqual(['a1', 'b1', 'b2']);
    expect(room.bytes).toBe(5);
  });

  test('keeps a source to its share while others come and go', () => {
    const { admitted, enter } = gate(10, 4);
    expect([enter('a1', 4), enter('a2', 1), enter('b1', 4)]).toEqual(['admitted', 'waiting', 'admitted']);
    expect(admitted).toEqual(['a1', 'b1']);
  });

  test('lets nobody small slip past the large one whose turn it is', () => {
    const { room, admitted, enter } = gate(10, 10);
    enter('a1', 8);
    expect([enter('b1', 5), enter('c1', 1)]).toEqual(['waiting', 'waiting']);
    room.admitWaiting();
    expect(admitted).toEqual(['a1']);
    room.leave('a', 8);
    room.admitWaiting();
    expect(admitted).toEqual(['a1', 'b1', 'c1']);
  });

  test('gives the sources that wait their turns', () => {
    const { room, admitted, enter } = gate(2, 1);
    for (const name of ['a1', 'b1', 'c1', 'c2', 'd1', 'd2']) enter(name, 1);
    for (const leaving of ['a', 'b', 'c', 'd']) {
      room.leave(leaving, 1);
      room.admitWaiting();
    }
    expect(admitted).toEqual(['a1', 'b1', 'c1', 'd1', 'c2', 'd2']);
  });

  test('notices when more leaves than entered', () => {
    expect(() => gate(10, 10).room.leave('a', 1)).toThrow('room of a: more bytes leave than entered');
  });

  test('is never overfull, keeps each source’s order, and lets everybody in sooner or later', () => {
    const comings = fc.array(
      fc.record({
        source: fc.constantFrom('a', 'b', 'c'),
        bytes: fc.integer({ min: 1, max: 5 }),
        leave: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(comings, (all) => {
        const room = new Room({ maxBytes: 8, maxBytesPerSource: 5 });
        const inside: { source: string; bytes: number; n: number }[] = [];
        const admitted: { source: string; n: number }[] = [];
        const leaveOne = () => {
          const first = inside.shift();
          if (first !== undefined) room.leave(first.source, first.bytes);
          room.admitWaiting();
        };
        for (const [n, { source, bytes, leave }] of all.entries()) {
          const admit = () => {
            inside.push({ source, bytes, n });
            admitted.push({ source, n });
          };
          room.enter({ source, bytes, admit });
          expect(room.bytes).toBeLessThanOrEqual(8);
          if (leave) leaveOne();
        }
        while (inside.length > 0) leaveOne();
        expect(room.waiting).toBe(0);
        for (const source of ['a', 'b', 'c']) {
          const order = admitted.filter((each) => each.source === source).map((each) => each.n);
          expect(order).toEqual(all.flatMap((each, n) => (each.source === source ? [n] : [])));
        }
      }),
      { numRuns: runs(500) },
    );
  });
});
