// The tables that simulations run on are DynamoDB's in effect: what runs did to them is done again on DynamoDB Local, and
// every outcome, every item and every change must be the same.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { SIMULATED_TABLES, type SimulatedTable } from '../../src/simulation/simulated-tables.ts';
import { MemoryTable, type TableChange, type TableSchema } from '../../src/stores/memory-table.ts';
import type { Item, PartitionQuery } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { collect } from '../support/collect.ts';
import type { DynamoDbLocal, RemovableTable } from '../support/dynamodb-local.ts';
import { javaMissing, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { recordingTable, type TableOperation } from '../support/recording-table.ts';

/** Small ones; between them they write to every table. */
const SEEDS = [131, 186];

// In CI a missing Java is a failure, elsewhere a reason to skip.
const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

describe.skipIf(missing !== undefined)(
  `on DynamoDB Local${missing === undefined ? '' : `: ${missing}`}`,
  () => {
    let server: DynamoDbLocal | undefined;
    beforeAll(async () => {
      server = await startDynamoDbLocal();
    });
    afterAll(async () => {
      await server?.stop();
    });

    test(`${SEEDS.length} runs come to the same in every table`, async () => {
      if (server === undefined) throw new Error('DynamoDB Local was not started');
      const twins = new Map<SimulatedTable, Twin>();
      const used = new Set<SimulatedTable>();
      for (const name of SIMULATED_TABLES) {
        twins.set(name, new Twin(name, await server.makeTable(TABLE_SCHEMAS[name])));
      }
      for (const seed of SEEDS) {
        const operations = new Map(
          SIMULATED_TABLES.map((name): [SimulatedTable, TableOperation[]] => [name, []]),
        );
        const { violation } = await runPlan(makePlan(seed), {
          table: (name, table) =>
            recordingTable(table, (operation) => {
              operations.get(name)?.push(operation);
              used.add(name);
            }),
        });
        expect(violation?.message, `seed ${seed}`).toBeUndefined();
        for (const [name, twin] of twins) {
          await twin.repeat(operations.get(name) ?? [], `seed ${seed}, ${name}`);
          await twin.clear(`seed ${seed}, ${name}`);
        }
      }
      expect([...used].sort()).toEqual([...SIMULATED_TABLES].sort());
      for (const twin of twins.values()) await twin.expectSameChanges();
    });
  },
);

/** A table in memory and one on DynamoDB Local to which the same is done. */
class Twin {
  readonly #changes: TableChange[] = [];
  readonly #memory: MemoryTable;
  readonly #dynamo: RemovableTable;
  readonly #schema: TableSchema;
  /** Reads since the last write: again they would say the same. */
  readonly #read = new Set<string>();

  constructor(name: SimulatedTable, dynamo: RemovableTable) {
    this.#schema = TABLE_SCHEMAS[name];
    this.#memory = new MemoryTable(this.#schema, (change) => this.#changes.push(change));
    this.#dynamo = dynamo;
  }

  async repeat(operations: readonly TableOperation[], where: string): Promise<void> {
    for (const [at, operation] of operations.entries()) {
      if (this.#isRepeated(operation)) continue;
      const found = await this.#do(operation);
      if (found === undefined) continue;
      expect(found, `${where}, operation ${at}: ${operation.kind}`).toEqual(this.#outcomeOf(operation));
    }
  }

  /** Everything goes, after it has been compared. */
  async clear(where: string): Promise<void> {
    const items = await collect(this.#memory.scan());
    expect(sorted(await collect(this.#dynamo.table.scan())), `${where}, all items`).toEqual(sorted(items));
    for (const item of items) {
      await this.#do({ kind: 'remove', key: picked(item, keysOf(this.#schema)) });
    }
  }

  /** In order for each item; between items there is none where one operation takes several calls. */
  async expectSameChanges(): Promise<void> {
    const changes = await this.#dynamo.changes(this.#changes.length);
    expect(changes.length).toBe(this.#changes.length);
    const byItem = ({ keys }: TableChange) => JSON.stringify(Object.entries(keys).sort());
    const found = Map.groupBy(changes, byItem);
    for (const [item, expected] of Map.groupBy(this.#changes, byItem)) {
      expect(found.get(item), `changes of ${item}`).toEqual(expected);
    }
  }

  #isRepeated(operation: TableOperation): boolean {
    const { kind } = operation;
    if (kind === 'commit' || kind === 'putMany' || kind === 'remove') {
      this.#read.clear();
      return false;
    }
    const text = JSON.stringify(operation);
    if (this.#read.has(text)) return true;
    this.#read.add(text);
    return false;
  }

  /** Does it in both; gives what DynamoDB made of it. */
  async #do(operation: TableOperation): Promise<unknown> {
    const { table } = this.#dynamo;
    switch (operation.kind) {
      case 'getMany':
        return sorted(await table.getMany(operation.keys));
      case 'commit':
        await this.#memory.commit(operation.writes);
        return await table.commit(operation.writes);
      case 'putMany':
        await this.#memory.putMany(operation.items);
        await table.putMany(operation.items);
        return undefined;
      case 'query':
        return sorted(
          (await collect(table.query(operation.query))).map((item) => this.#projected(item, operation.query)),
        );
      case 'scan':
        return sorted(await collect(table.scan()));
      case 'remove':
        this.#memory.remove(operation.key);
        await this.#dynamo.remove(operation.key);
        return undefined;
    }
  }

  #outcomeOf(operation: TableOperation): unknown {
    if (operation.kind === 'putMany' || operation.kind === 'remove') return undefined;
    if (operation.kind === 'commit') return operation.outcome;
    if (operation.kind !== 'query') return sorted(operation.outcome);
    return sorted(operation.outcome.map((item) => this.#projected(item, operation.query)));
  }

  /** An index holds keys alone: its own and the table's. */
  #projected(item: Item, { index }: PartitionQuery): Item {
    if (index === undefined) return item;
    const found = this.#schema.indexes?.[index];
    if (found === undefined)
      throw new Error(`found a query of the index ${index}, which the table has not got`);
    return picked(item, [...keysOf(this.#schema), ...keysOf(found)]);
  }
}

const keysOf = ({
  partitionKey,
  sortKey,
}: Pick<TableSchema, 'partitionKey' | 'sortKey'>): readonly string[] =>
  sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];

function picked(item: Item, names: readonly string[]): Item {
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.includes(name)));
}

function sorted(items: readonly unknown[]): unknown[] {
  const text = (item: unknown) => JSON.stringify(Object.entries(item ?? {}).sort());
  return [...items].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
