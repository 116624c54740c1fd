// A host of things at hand: for tests, and for whoever runs functions without a stack.
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { FIRST_GENERATION, generationTable } from '../core/rebuild/generation-name.ts';
import type { TableName } from '../platform/names.ts';
import { MemoryTable } from '../stores/memory-table.ts';
import type { Table } from '../stores/table.ts';
import { TABLE_SCHEMAS } from '../stores/table-schemas.ts';
import type { FunctionHost } from './function-host.ts';

export interface MemoryHostOptions extends Partial<Omit<FunctionHost, 'pipeline' | 'table'>> {
  readonly pipeline: Pipeline;
  /** By name, or name and generation (`sources-hourly`); one of the stack's that is not among them is empty, and this host's own. */
  readonly tables?: Readonly<Record<string, Table>>;
}

/** What is left out: it has 1 GB, time stands still at 0, pauses end at once, nobody listens; a bucket, bus, stream, secret, poster or setting is not there. */
export function memoryHost({ pipeline, tables = {}, ...given }: MemoryHostOptions): FunctionHost {
  const own = new Map<string, Table>(Object.entries(tables));
  return {
    pipeline,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: { publish: () => {} },
    clock: { nowMs: () => 0, sleep: async () => {} },
    memoryMb: () => 1_024,
    random: () => 0,
    objects: absent('bucket'),
    shards: absent('stream'),
    bus: absent('bus'),
    secret: absent('secret'),
    poster: absent('poster'),
    setting: absent('setting'),
    stream: absent('stream'),
    option: () => undefined,
    ...given,
    table: (name, generation = FIRST_GENERATION) => {
      const held = name === 'devices' && !own.has(name) ? 'readers' : name; // as in the stack
      const key = generationTable(held, generation);
      const table = own.get(key) ?? new MemoryTable(schemaOf(held));
      own.set(key, table);
      return table;
    },
  };
}

function schemaOf(name: string) {
  const schemas: Readonly<Record<string, (typeof TABLE_SCHEMAS)[TableName]>> = TABLE_SCHEMAS;
  const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
  return schema ?? absent('table')(name);
}

function absent(kind: string): (name: string) => never {
  return (name) => {
    throw new Error(`this host has no ${kind} ${name}`);
  };
}
