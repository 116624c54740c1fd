// A case that adds up windows and then adds them to a table: all but what its library does.
import type { BenchCase } from './bench-case.ts';
import { StubDynamoDb } from './stub-dynamodb.ts';
import { WindowSums } from './window-sums.ts';
import { WindowSumsTable } from './window-sums-table.ts';
import type { BenchEvent } from './workload.ts';

/** `accumulate`: runs the library over one batch, which is to add every event to the sums. */
export function createWindowSumsCase(
  create: (sums: WindowSums, stub: StubDynamoDb) => (event: BenchEvent) => unknown,
): BenchCase {
  const stub = new StubDynamoDb();
  const sums = new WindowSums();
  const table = new WindowSumsTable(stub);
  const accumulate = create(sums, stub);
  return {
    async handle(event) {
      await accumulate(event);
      await table.add(sums.take());
    },
    digest: () => stub.putAside(),
    totals: () => table.totals(),
    calls: () => stub.calls,
  };
}
