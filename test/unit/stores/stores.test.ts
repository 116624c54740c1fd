import { alertsContract } from '../../support/alerts-contract.ts';
import { deadLettersContract } from '../../support/dead-letters-contract.ts';
import { sourceStatesContract } from '../../support/source-states-contract.ts';
import { makeMemoryTable } from '../../support/table-under-test.ts';
import { windowsContract } from '../../support/windows-contract.ts';

sourceStatesContract(makeMemoryTable);
windowsContract(makeMemoryTable);
deadLettersContract(makeMemoryTable);
alertsContract(makeMemoryTable);
