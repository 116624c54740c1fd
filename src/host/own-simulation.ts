// What a function of one's own says for the simulation: exported by its `wire.ts` as `simulation`, beside `wire`.
import type { TableSchema } from '../stores/memory-table.ts';
import type { Table } from '../stores/table.ts';

export interface OwnSimulation {
  /** `nothing`: it reads what the simulation does not have, and is left out. Default: the telemetry stream. */
  readonly reads?: 'telemetry' | 'nothing';
  /** Keys of its tables, by the names that it asks its host for. */
  readonly tables?: Readonly<Record<string, TableSchema>>;
  /** Throws where the function has not made of the records what it is to: however often they came, and whatever went wrong. */
  readonly check?: (end: OwnEnd) => Promise<void>;
}

/** When nothing is under way any more. */
export interface OwnEnd {
  /** All that the stream has had, shard by shard. */
  readonly records: readonly OwnRecord[];
  /** Its own tables, by name. */
  readonly table: (name: string) => Table;
}

/** A record as the function's event has it. */
export interface OwnRecord {
  /** The same whenever it comes. */
  readonly eventID: string;
  readonly kinesis: {
    readonly partitionKey: string;
    /** base64 */
    readonly data: string;
    /** Seconds since the epoch. */
    readonly approximateArrivalTimestamp: number;
  };
}
