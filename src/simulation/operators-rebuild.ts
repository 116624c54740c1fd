// Somebody makes what is downstream anew, by the command's own code, beside everything else.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import type { VirtualClock } from '../event-source/virtual-clock.ts';
import type { DownstreamReport } from '../rebuild/downstream.ts';
import { rebuildDownstream } from '../rebuild/rebuild-downstream.ts';
import { RollupBeginnings } from '../stores/rollup-beginnings.ts';
import { RollupDirectory } from '../stores/rollup-directory.ts';
import { SourceStates } from '../stores/source-states.ts';
import type { Table } from '../stores/table.ts';
import { Windows } from '../stores/windows.ts';
import type { SimulatedTable } from './simulated-tables.ts';

export interface OperatorsRebuildDeps {
  readonly table: (name: SimulatedTable, pipeline: Pipeline) => Table;
  readonly pipeline: () => Pipeline;
  readonly note: (line: string) => void;
  readonly clock: VirtualClock;
  /** In place of the command's own. */
  readonly rebuild?: typeof rebuildDownstream | undefined;
}

/** Parts branch after so few sources as a simulation has. */
const PART_CAPACITY = 2;

export class OperatorsRebuild {
  readonly #deps: OperatorsRebuildDeps;

  constructor(deps: OperatorsRebuildDeps) {
    this.#deps = deps;
  }

  /** `stops`: it ends after so many moments. undefined: it did. */
  async run(stops?: number): Promise<DownstreamReport | undefined> {
    const { clock, table, note, rebuild = rebuildDownstream } = this.#deps;
    const pipeline = this.#deps.pipeline();
    const own = (name: SimulatedTable) => table(name, pipeline);
    note('somebody makes what is downstream anew');
    try {
      const report = await rebuild(
        {
          ...{ pipeline, partCapacity: PART_CAPACITY, waitMs: 120_000 },
          states: new SourceStates(own('sources')),
          windows: new Windows(own('windows')),
          beginnings: new RollupBeginnings(own('windows')),
          directory: new RollupDirectory(own('readers')),
          nowMs: () => clock.nowMs(),
          sleep: (ms) => clock.sleep(ms),
        },
        {
          onProgress: ({ moments }) => {
            if (stops !== undefined && moments >= stops) throw new Stopped();
          },
        },
      );
      note(`what is downstream is made anew: ${JSON.stringify(report)}`);
      return report;
    } catch (error) {
      if (error instanceof Stopped) return undefined;
      throw error;
    }
  }
}

class Stopped extends Error {}
