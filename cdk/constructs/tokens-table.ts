// Access tokens that were issued, and revocations. No change stream: nothing follows from them.
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { TOKENS_TABLE } from '../../src/platform/names.ts';
import { addTable } from './add-table.ts';
import type { TableOptions } from './table-settings.ts';

export class TokensTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = addTable(this, 'Table', { partitionKey: TOKENS_TABLE.partitionKey }, options);
  }
}
