import { liveConnectionsContract } from '../../support/readers-contract.ts';
import { makeMemoryTable } from '../../support/table-under-test.ts';

liveConnectionsContract(makeMemoryTable);
