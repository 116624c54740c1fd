// Closed source windows and rollup windows; the change stream feeds what shows or watches them, and an index finds the latest.
import { AttributeType, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
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
    // Of keys alone: it is written when a window begins, not when it changes.
    this.table.addGlobalSecondaryIndex({
      indexName: WINDOWS_TABLE.latestIndex,
      partitionKey: { name: WINDOWS_TABLE.latestOf, type: AttributeType.STRING },
      sortKey: { name: WINDOWS_TABLE.sortKey, type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }
}
