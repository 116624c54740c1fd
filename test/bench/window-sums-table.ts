// Adds window sums to what a table holds, in as few calls as there can be: statements of PartiQL, 25 a call.
import { type AttributeValue, BatchExecuteStatementCommand } from '@aws-sdk/client-dynamodb';
import type { StubDynamoDb } from './stub-dynamodb.ts';
import type { Totals } from './totals.ts';
import { mergeTotal } from './totals.ts';
import type { WindowSum } from './window-sums.ts';

const STATEMENTS_PER_CALL = 25;

interface Statement {
  readonly Statement: string;
  readonly Parameters: AttributeValue[];
}

export class WindowSumsTable {
  readonly #stub: StubDynamoDb;
  /** Windows written before: a statement cannot add to an item that is not there. */
  readonly #known = new Set<string>();
  readonly #totals: Totals = new Map();

  constructor(stub: StubDynamoDb) {
    this.#stub = stub;
  }

  async add(windows: readonly WindowSum[]): Promise<void> {
    const statements = windows.map((window) => this.#statement(window));
    const calls: Promise<unknown>[] = [];
    for (let at = 0; at < statements.length; at += STATEMENTS_PER_CALL) {
      const Statements = statements.slice(at, at + STATEMENTS_PER_CALL);
      calls.push(this.#stub.client.send(new BatchExecuteStatementCommand({ Statements })));
    }
    await Promise.all(calls);
  }

  /** What the statements sent have added to the table. */
  totals(): Totals {
    for (const { operation, body } of this.#stub.takeRequests()) {
      if (operation !== 'BatchExecuteStatement') continue;
      const { Statements } = body as unknown as { readonly Statements: readonly Statement[] }; // made above
      for (const { Statement, Parameters } of Statements) {
        const numbers = Parameters.map(({ N }) => Number(N));
        const isInsert = Statement.startsWith('INSERT');
        const key = isInsert ? Parameters[0] : Parameters.at(-2);
        const sums = isInsert ? numbers.slice(2) : numbers.slice(0, -2);
        for (let at = 0; at < sums.length; at += 2) {
          const part = { count: sums[at] ?? 0, sum: sums[at + 1] ?? 0, min: undefined, max: undefined };
          mergeTotal(this.#totals, key?.S ?? '', part);
        }
      }
    }
    return this.#totals;
  }

  #statement({ source, windowStartMs, metrics }: WindowSum): Statement {
    const key = `${source}|${windowStartMs}`;
    const keys: AttributeValue[] = [{ S: source }, { N: String(windowStartMs) }];
    const added = [...metrics.values()].flatMap(({ count, sum }) => [
      { N: String(count) },
      { N: String(sum) },
    ]);
    const names = [...metrics.keys()].flatMap((name) => [`${name}_count`, `${name}_sum`]);
    if (this.#known.has(key)) {
      const sets = names.map((name) => `SET "${name}"="${name}"+?`).join(' ');
      return {
        Statement: `UPDATE "windows" ${sets} WHERE "source"=? AND "window"=?`,
        Parameters: [...added, ...keys],
      };
    }
    this.#known.add(key);
    const fields = names.map((name) => `, '${name}': ?`).join('');
    return {
      Statement: `INSERT INTO "windows" VALUE {'source': ?, 'window': ?${fields}}`,
      Parameters: [...keys, ...added],
    };
  }
}
