// Access tokens that were issued, and revocations. No change stream: nothing follows from them.
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { TOKENS_TABLE } from '../../src/platform/names.ts';
import { type TableOptions, tableSettings } from './table-settings.ts';

export class TokensTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      ...tableSettings(options),
      partitionKey: { name: TOKENS_TABLE.partitionKey, type: AttributeType.STRING },
    });
  }
}
