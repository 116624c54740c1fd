// Quarantined and late events, keyed by their coordinates. No change stream: nothing follows from them.
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { DEAD_LETTERS_TABLE } from '../../src/platform/names.ts';
import { type TableOptions, tableSettings } from './table-settings.ts';

export class DeadLettersTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      ...tableSettings(options),
      partitionKey: { name: DEAD_LETTERS_TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: DEAD_LETTERS_TABLE.sortKey, type: AttributeType.STRING },
    });
  }
}
