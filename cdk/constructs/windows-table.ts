// Closed source windows and rollup windows; the change stream feeds what shows or watches them, and an index finds the latest.
import { AttributeType, type ITable, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { WINDOWS_TABLE } from '../../src/platform/names.ts';
import { addTable } from './add-table.ts';
import type { TableOptions } from './table-settings.ts';

export class WindowsTable extends Construct {
  readonly table: ITable;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = addTable(
      this,
      'Table',
      {
        partitionKey: WINDOWS_TABLE.partitionKey,
        sortKey: WINDOWS_TABLE.sortKey,
        stream: StreamViewType.NEW_AND_OLD_IMAGES,
        // It is written when a window begins, not when it changes.
        indexes: [
          {
            name: WINDOWS_TABLE.latestIndex,
            partitionKey: { name: WINDOWS_TABLE.latestOf, type: AttributeType.STRING },
            sortKey: { name: WINDOWS_TABLE.sortKey, type: AttributeType.STRING },
          },
        ],
      },
      options,
    );
  }
}
