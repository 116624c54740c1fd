// Closed source windows and rollup windows; the change stream feeds what shows or watches them.
import { AttributeType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { WINDOWS_TABLE } from '../../src/platform/names.ts';
import { type TableOptions, tableSettings } from './table-settings.ts';

export class WindowsTable extends Construct {
  readonly table: Table;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      ...tableSettings(options),
      partitionKey: { name: WINDOWS_TABLE.partitionKey, type: AttributeType.STRING },
      sortKey: { name: WINDOWS_TABLE.sortKey, type: AttributeType.STRING },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
  }
}
