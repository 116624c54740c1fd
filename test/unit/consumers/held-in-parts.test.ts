// Events of one batch are set aside by several writes, which end in any order or not at all. Whoever resumes their source meanwhile loses none.
import { expect, test } from 'vitest';
import { resumeSource } from '../../../consumers/aggregate/resume-source.ts';
import type { PipelineDefinition } from '../../../src/core/pipeline/definition.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { readLedger } from '../../../src/stores/read-ledger.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { bytesOf, type Item, text } from '../../../src/stores/table.ts';
import { LaggingSystem } from '../../support/lagging-system.ts';
import { tableOver } from '../../support/table-over.ts';

const DEFINITION: PipelineDefinition = { aggregations: [{ name: 'm', window: { tumbling: '60s' } }] };
const EVENTS = 3;

class System extends LaggingSystem {
  readonly states = new SourceStates(this.tables.sources);
  readonly letters = new DeadLetters(this.tables.deadLetters);
  #good: Item | undefined;

  async spoil(): Promise<void> {
    [this.#good] = await this.tables.sources.getMany([{ source: text('dev') }]);
    await this.tables.sources.putMany([{ ...this.#good, state: { B: new Uint8Array([99]) } }]);
    this.restart();
  }

  async mend(): Promise<void> {
    const [item] = await this.tables.sources.getMany([{ source: text('dev') }]);
    const state = bytesOf(this.#good ?? {}, 'state') ?? new Uint8Array();
    await this.tables.sources.putMany([{ ...item, state: { B: state } }]);
  }

  async resume(incomplete = false) {
    const { states, letters: deadLetters } = this;
    const pipeline = parsePipeline(DEFINITION);
    return await resumeSource('dev', { pipeline, states, deadLetters, incomplete });
  }

  /** The next set of events is set aside in two writes: first those that `isFirst` says, then, after `between`, the others. */
  inTwoWrites(isFirst: (at: number) => boolean, between: () => Promise<void>): void {
    let isDone = false;
    this.over = (name, table) =>
      name === 'deadLetters'
        ? tableOver(table, {
            putMany: async (items) => {
              if (isDone || items.length < EVENTS) return await table.putMany(items);
              isDone = true;
              await table.putMany(items.filter((_, at) => isFirst(at)));
              await between();
              await table.putMany(items.filter((_, at) => !isFirst(at)));
            },
          })
        : table;
    this.restart();
  }

  async books() {
    return await readLedger(this.states, this.letters);
  }
}

async function spoiltSystem(): Promise<System> {
  const system = new System(DEFINITION);
  system.put('dev');
  await system.aggregate();
  await system.spoil();
  return system;
}

/** Every way of having some of them there and others not. */
const SUBSETS = Array.from({ length: 2 ** EVENTS - 2 }, (_, at) => at + 1);

test.for(
  SUBSETS.flatMap((subset) => [
    { subset, wasHeld: false },
    { subset, wasHeld: true },
  ]),
)(
  'a source that is resumed between two writes of one batch has all its events: %o',
  async ({ subset, wasHeld }) => {
    const system = await spoiltSystem();
    if (wasHeld) {
      system.put('dev');
      await system.aggregate();
    }
    for (let event = 0; event < EVENTS; event += 1) system.put('dev');
    system.inTwoWrites(
      (at) => (subset >> at) % 2 === 1,
      async () => {
        await system.mend();
        await system.resume();
      },
    );
    await system.aggregate();
    await system.resume();
    const received = 1 + EVENTS + (wasHeld ? 1 : 0);
    expect(await system.books()).toMatchObject({ received, applied: received, held: 0 });
  },
);

test.for(SUBSETS)(
  'a source that is resumed before a batch that failed comes again has all its events: %o',
  async (subset) => {
    const system = await spoiltSystem();
    for (let event = 0; event < EVENTS; event += 1) system.put('dev');
    system.inTwoWrites(
      (at) => (subset >> at) % 2 === 1,
      async () => {
        throw new Error('the table is down');
      },
    );
    expect((await system.aggregate())?.batchItemFailures).toHaveLength(1);
    await system.mend();
    await system.resume();
    await system.aggregate();
    await system.resume();
    expect(await system.books()).toMatchObject({ received: 1 + EVENTS, applied: 1 + EVENTS, held: 0 });
  },
);

test('what comes behind an event that is lost waits, and is folded in without it by who says so', async () => {
  const system = await spoiltSystem();
  for (let event = 0; event < EVENTS; event += 1) system.put('dev');
  system.inTwoWrites(
    (at) => at > 0,
    async () => {
      throw new Error('the table is down');
    },
  );
  await system.aggregate();
  await system.mend();
  // Its batch is given up.
  system.skip(EVENTS);
  expect(await system.resume()).toMatchObject({ kind: 'incomplete', waiting: { at: { index: 0 } } });
  expect(await system.books()).toMatchObject({ received: 1, held: 2 });
  expect(await system.resume(true)).toMatchObject({ kind: 'resumed' });
  expect(await system.books()).toMatchObject({ received: 3, applied: 3, held: 0 });
});
