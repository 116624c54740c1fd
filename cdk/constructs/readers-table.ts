// What only readers need: the series of each rollup, and the books as last added up. No change stream: nothing follows.
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { READERS_TABLE } from '../../src/platform/names.ts';
import { type TableOptions, tableSettings } from './table-settings.ts';

export class ReadersTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      ...tableSettings(options),
      partitionKey: { name: READERS_TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: READERS_TABLE.sortKey, type: AttributeType.STRING },
    });
  }
}
