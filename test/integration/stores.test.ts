// The contracts of table and stores on DynamoDB Local.
import { afterAll, beforeAll, describe } from 'vitest';
import { alertsContract } from '../support/alerts-contract.ts';
import { deadLettersContract } from '../support/dead-letters-contract.ts';
import { devicesContract } from '../support/devices-contract.ts';
import type { DynamoDbLocal } from '../support/dynamodb-local.ts';
import { javaMissing, startDynamoDbLocal } from '../support/dynamodb-local.ts';
import { liveConnectionsContract } from '../support/readers-contract.ts';
import { sourceStatesContract } from '../support/source-states-contract.ts';
import { tableContract } from '../support/table-contract.ts';
import type { MakeTable } from '../support/table-under-test.ts';
import { windowsContract } from '../support/windows-contract.ts';

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
    const make: MakeTable = async (schema) => {
      if (server === undefined) throw new Error('DynamoDB Local was not started');
      return await server.makeTable(schema);
    };

    tableContract(make);
    sourceStatesContract(make);
    windowsContract(make);
    deadLettersContract(make);
    liveConnectionsContract(make);
    alertsContract(make);
    devicesContract(make);
  },
);
