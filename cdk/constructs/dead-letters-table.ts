// Quarantined and late events, keyed by their coordinates. No change stream: nothing follows from them.
import { AttributeType, type ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { DEAD_LETTERS_TABLE } from '../../src/platform/names.ts';
import { addTable } from './add-table.ts';
import type { TableOptions } from './table-settings.ts';

export class DeadLettersTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = addTable(
      this,
      'Table',
      {
        partitionKey: DEAD_LETTERS_TABLE.partitionKey,
        sortKey: DEAD_LETTERS_TABLE.sortKey,
        // Holds only letters that sources count, which are few.
        indexes: [
          {
            name: DEAD_LETTERS_TABLE.letterIndex,
            partitionKey: { name: DEAD_LETTERS_TABLE.letterOf, type: AttributeType.STRING },
            sortKey: { name: DEAD_LETTERS_TABLE.letterNumber, type: AttributeType.NUMBER },
          },
        ],
      },
      options,
    );
  }
}
