import { onTestFinished } from 'vitest';
import { RemoteTable } from '../../../src/run/remote-table.ts';
import { startTablesServer } from '../../../src/run/tables-server.ts';
import { alertsContract } from '../../support/alerts-contract.ts';
import { tableContract } from '../../support/table-contract.ts';
import type { MakeTable } from '../../support/table-under-test.ts';
import { makeMemoryTable } from '../../support/table-under-test.ts';

const make: MakeTable = async (schema) => {
  const { table, changes } = await makeMemoryTable(schema);
  const server = await startTablesServer(() => table, 'key');
  onTestFinished(() => server.stop());
  return { changes, table: new RemoteTable(server.endpoint, 'any', 'key') };
};

tableContract(make);
alertsContract(make);
