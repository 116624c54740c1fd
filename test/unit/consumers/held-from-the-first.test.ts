// A source that is held from its first event on is as any other once it has been resumed.
import { expect, test } from 'vitest';
import { resumeSource } from '../../../consumers/aggregate/resume-source.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { DeadLetters } from '../../../src/stores/dead-letters.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import { LaggingSystem } from '../../support/lagging-system.ts';
import { tableOver } from '../../support/table-over.ts';

const DEFINITION = { aggregations: [{ name: 'm', window: { tumbling: '60s' } }] };

test('a source that was too large from its first event on is closed by silence once it is resumed', async () => {
  const system = new LaggingSystem(DEFINITION);
  system.over = (name, table) =>
    name === 'sources'
      ? tableOver(table, {
          commit: async (writes) =>
            writes.some(({ attributes }) => 'state' in attributes)
              ? writes.map(() => ({ kind: 'failed', reason: 'too large', tooLarge: true }))
              : await table.commit(writes),
        })
      : table;
  system.restart();
  system.put('dev');
  await system.aggregate();
  const states = new SourceStates(system.tables.sources);
  const deadLetters = new DeadLetters(system.tables.deadLetters);
  expect(
    await resumeSource('dev', { pipeline: parsePipeline(DEFINITION), states, deadLetters }),
  ).toMatchObject({
    kind: 'resumed',
  });
  system.over = (_, table) => table;
  system.restart();
  system.nowMs += 3_600_000;
  await system.close();
  await system.aggregate();
  expect(await system.close()).toMatchObject({ closedWindows: 1 });
});
