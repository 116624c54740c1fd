// What the stream carried is compared with what was handled: no record is lost unseen, and where none is the audit is silent.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CarriedSystem } from '../support/carried-system.ts';
import { runs } from '../support/runs.ts';
import { down, tableOver } from '../support/table-over.ts';

const MINUTE = 60_000;
const pick = fc.nat(5);
const size = fc.integer({ min: 1, max: 7 });
const reader = fc.constantFrom('aggregate' as const, 'record' as const);

const arbitrarySteps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), source: fc.nat(6), size }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('deliver' as const), reader, pick, size }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('again' as const), reader, pick, size }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('later' as const),
        minutes: fc.integer({ min: 1, max: 150 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('reshard' as const), pick }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('refused' as const), pick, size }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('audit' as const, 'tick' as const) }) },
  ),
  { minLength: 5, maxLength: 50 },
);
type Step = typeof arbitrarySteps extends fc.Arbitrary<readonly (infer T)[]> ? T : never;

async function act(system: CarriedSystem, step: Step): Promise<void> {
  switch (step.kind) {
    case 'put':
      for (let at = 0; at < step.size; at += 1) system.put(`s${step.source + at}`);
      return;
    case 'deliver':
      await system.deliver(step.reader, { pick: step.pick, most: step.size });
      return;
    case 'again':
      return system.again(step.reader, { pick: step.pick, by: step.size });
    case 'later':
      system.nowMs += step.minutes * MINUTE;
      return;
    case 'reshard':
      return system.reshard(step.pick);
    case 'refused':
      system.over = (name, table) => (name === 'readers' ? tableOver(table, { commit: down }) : table);
      await system.deliver('aggregate', { pick: step.pick, most: step.size });
      system.over = (_, table) => table;
      return;
    case 'tick':
      return await system.tick();
    case 'audit':
      expect(await system.audit()).toEqual([]);
  }
}

/** Both readers come to the end, and an hour later a tick says that all before it has been read. */
async function toEnd(system: CarriedSystem): Promise<void> {
  system.nowMs += 61 * MINUTE;
  await system.tick();
  await system.toEnd('record');
  await system.toEnd('aggregate');
}

test('nothing is found where nothing is lost, however the readers lag, get records again, or are refused', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrarySteps, async (steps) => {
      const system = new CarriedSystem();
      for (const step of steps) await act(system, step);
      await toEnd(system);
      expect(await system.audit()).toEqual([]);
    }),
    { numRuns: runs(40) },
  );
});

test('one record that nobody has handled is found, with its shard and its hour', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrarySteps, arbitrarySteps, pick, async (before, after, from) => {
      const system = new CarriedSystem();
      const isAsked = ({ kind }: Step) => kind !== 'audit' && kind !== 'again';
      for (const step of before.filter(isAsked)) await act(system, step);
      system.put('s0');
      const lost = await system.lose('aggregate', from);
      for (const step of after.filter(isAsked)) await act(system, step);
      await toEnd(system);
      const [first, ...others] = await system.audit();
      expect(first).toMatchObject({ kind: 'records-not-folded', where: lost });
      expect((first?.expected ?? 0) - (first?.found ?? 0)).toBe(1);
      expect(others).toEqual([]);
    }),
    { numRuns: runs(40) },
  );
});

test('the last record of a shard is missed too where those that came of it never had one', async () => {
  const system = new CarriedSystem(1);
  system.put('a');
  await system.deliver('aggregate');
  system.put('a');
  const lost = await system.lose('aggregate', 0);
  system.reshard(0);
  const [first, second] = system.stream.openShards();
  if (first === undefined || second === undefined) throw new Error('the shard was not split');
  system.stream.merge(first.id, second.id);
  await toEnd(system);
  expect(await system.audit()).toMatchObject([
    { kind: 'records-not-folded', where: lost, found: 1, expected: 2 },
  ]);
});

test('what is given up is found until it is put back, however often', async () => {
  await fc.assert(
    fc.asyncProperty(arbitrarySteps, pick, size, async (steps, from, most) => {
      const system = new CarriedSystem();
      for (const step of steps.filter(({ kind }) => kind !== 'audit' && kind !== 'again'))
        await act(system, step);
      system.put('s0');
      await system.giveUp(from, most);
      await toEnd(system);
      const found = await system.audit();
      expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(['records-not-folded']));
      await system.redrive();
      expect(await system.audit()).toEqual([]);
      await system.redrive();
      expect(await system.audit()).toEqual([]);
    }),
    { numRuns: runs(25) },
  );
});

test('a record that the archive lacks is found', async () => {
  const system = new CarriedSystem(1);
  for (let hour = 0; hour < 4; hour += 1) {
    for (let at = 0; at < 5; at += 1) system.put(`s${at}`);
    await system.deliver('record', { most: 3 });
    if (hour === 2) await system.lose('record', 0);
    system.nowMs += 60 * MINUTE;
    await system.toEnd('record');
  }
  await toEnd(system);
  expect(await system.audit()).toMatchObject([
    { kind: 'records-not-carried', where: { hour: '2026-11-01T10' }, found: 5, expected: 4 },
  ]);
});

test('an archive that is switched on later is not asked for what was before', async () => {
  const system = new CarriedSystem(1);
  for (let hour = 0; hour < 4; hour += 1) {
    for (let at = 0; at < 5; at += 1) system.put(`s${at}`);
    system.nowMs += 60 * MINUTE;
    if (hour === 1) for (let at = 0; at < 7; at += 1) await system.lose('record', 0);
  }
  await toEnd(system);
  expect(await system.audit()).toEqual([]);
});
