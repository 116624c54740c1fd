// What the query API answers from.
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { Log, Meter } from '../../src/platform/observe.ts';
import type { Alerts } from '../../src/stores/alerts.ts';
import type { DeadLetters } from '../../src/stores/dead-letters.ts';
import type { RollupDirectory } from '../../src/stores/rollup-directory.ts';
import type { SourceStates } from '../../src/stores/source-states.ts';
import type { Table } from '../../src/stores/table.ts';
import type { Windows } from '../../src/stores/windows.ts';

export interface QueryDeps {
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly deadLetters: DeadLetters;
  readonly alerts: Alerts;
  readonly directory: RollupDirectory;
  /** Where the totals of the ledger are kept. */
  readonly readersTable: Table;
  readonly clock: Clock;
  readonly log: Log;
  readonly meter: Meter;
}
