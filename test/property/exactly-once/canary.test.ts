// The laws of exactly-once effect are worth something only if what breaks them is found: each of these tables must be.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { numberOf, type Table } from '../../../src/stores/table.ts';
import { arbitraryFaults, arbitrarySteps } from '../../support/arbitrary-steps.ts';
import { arbitraryTelemetry } from '../../support/arbitrary-telemetry.ts';
import { arbitraryPipeline } from '../../support/event-streams.ts';
import { expectAsUndisturbed } from '../../support/expect-as-undisturbed.ts';
import { atLeast } from '../../support/runs.ts';
import { tableOver } from '../../support/table-over.ts';

fc.configureGlobal({ baseSize: 'medium' });

const BROKEN: Readonly<Record<string, (table: Table) => Table>> = {
  'that writes whatever the version is': (table) =>
    tableOver(table, {
      async commit(writes) {
        const current = await Promise.all(writes.map(async ({ key }) => (await table.getMany([key]))[0]));
        return await table.commit(
          writes.map((write, at) => {
            const item = current[at];
            return { ...write, expectedVersion: item === undefined ? undefined : numberOf(item, 'version') };
          }),
        );
      },
    }),
  'that says it has written what it has not': (table) => {
    let commits = 0;
    return tableOver(table, {
      async commit(writes) {
        commits += 1;
        return commits % 3 === 0 ? writes.map(() => ({ kind: 'committed' })) : await table.commit(writes);
      },
    });
  },
};

describe('a table is found out', () => {
  test.each(Object.entries(BROKEN))('%s', async (_, sources) => {
    const details = await fc.check(
      fc.asyncProperty(
        arbitraryTelemetry(),
        arbitraryPipeline,
        arbitrarySteps(['redeliver', 'stall', 'replace']),
        arbitraryFaults,
        async (telemetry, pipeline, steps, draws) => {
          await expectAsUndisturbed({ telemetry, pipeline, steps, draws, sources });
        },
      ),
      { numRuns: atLeast(300), endOnFailure: true },
    );
    expect(details.failed).toBe(true);
  });
});
