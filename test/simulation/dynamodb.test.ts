// The tables that simulations run on are DynamoDB's in effect: what runs did to them is done again on DynamoDB Local, and
// every outcome, every item and every change must be the same.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makePlan } from '../../src/simulation/make-plan.ts';
import { runPlan } from '../../src/simulation/run-plan.ts';
import { SIMULATED_TABLES, type SimulatedTable } from '../../src/simulation/simulated-tables.ts';
import { MemoryTable, type TableChange } from '../../src/stores/memory-table.ts';
import type { Item } from '../../src/stores/table.ts';
import { TABLE_SCHEMAS } from '../../src/stores/table-schemas.ts';
import { collect } from '../support/collect.ts';
import type { DynamoDbLocal, RemovableTable } from '../support/dynamodb-local.ts';
import { javaMissing, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { recordingTable, type TableOperation } from '../support/recording-table.ts';

/** Between them they write to every table. */
const SEEDS = [20, 9];

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
  readonly #keys: readonly string[];
  /** Reads since the last write: again they would say the same. */
  readonly #read = new Set<string>();

  constructor(name: SimulatedTable, dynamo: RemovableTable) {
    const schema = TABLE_SCHEMAS[name];
    this.#memory = new MemoryTable(schema, (change) => this.#changes.push(change));
    this.#dynamo = dynamo;
    this.#keys = [schema.partitionKey, ...(schema.sortKey === undefined ? [] : [schema.sortKey])];
  }

  async repeat(operations: readonly TableOperation[], where: string): Promise<void> {
    for (const [at, operation] of operations.entries()) {
      if (this.#isRepeated(operation)) continue;
      const found = await this.#do(operation);
      if (found === undefined) continue;
      expect(found, `${where}, operation ${at}: ${operation.kind}`).toEqual(outcomeOf(operation));
    }
  }

  /** Everything goes, after it has been compared. */
  async clear(where: string): Promise<void> {
    const items = await collect(this.#memory.scan());
    expect(sorted(await collect(this.#dynamo.table.scan())), `${where}, all items`).toEqual(sorted(items));
    for (const item of items) {
      const key = Object.fromEntries(this.#keys.flatMap((name) => Object.entries({ [name]: item[name] })));
      await this.#do({ kind: 'remove', key: key as Item });
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
        return sorted((await collect(table.query(operation.query))).map(projected));
      case 'scan':
        return sorted(await collect(table.scan()));
      case 'remove':
        this.#memory.remove(operation.key);
        await this.#dynamo.remove(operation.key);
        return undefined;
    }
  }
}

function outcomeOf(operation: TableOperation): unknown {
  if (operation.kind === 'putMany' || operation.kind === 'remove') return undefined;
  if (operation.kind === 'commit') return operation.outcome;
  return sorted(operation.kind === 'query' ? operation.outcome.map(projected) : operation.outcome);
}

/** An index holds keys alone. */
function projected({ source, closingBucket, closesAt }: Item): unknown {
  return { source, closingBucket, closesAt };
}

function sorted(items: readonly unknown[]): unknown[] {
  const text = (item: unknown) => JSON.stringify(Object.entries(item ?? {}).sort());
  return [...items].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}
