// What only readers need: the series of each rollup, the books as last added up, and how far each shard of the stream has been read. No
// change stream: nothing follows.
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { READERS_TABLE } from '../../src/platform/names.ts';
import { addTable } from './add-table.ts';
import type { TableOptions } from './table-settings.ts';

export class ReadersTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = addTable(
      this,
      'Table',
      { partitionKey: READERS_TABLE.partitionKey, sortKey: READERS_TABLE.sortKey },
      options,
    );
  }
}
