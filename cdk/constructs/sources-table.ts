// One item a source, its whole state; the change stream is the changelog. An index finds what is due to close.
import { AttributeType, type ITable, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { SOURCES_TABLE } from '../../src/platform/names.ts';
import { addTable } from './add-table.ts';
import type { TableOptions } from './table-settings.ts';

export class SourcesTable extends Construct {
  readonly table: ITable;
  readonly closingIndexArn: string;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = addTable(
      this,
      'Table',
      {
        partitionKey: SOURCES_TABLE.partitionKey,
        stream: StreamViewType.NEW_AND_OLD_IMAGES,
        indexes: [
          {
            name: SOURCES_TABLE.closingIndex,
            partitionKey: { name: SOURCES_TABLE.closingBucket, type: AttributeType.NUMBER },
            sortKey: { name: SOURCES_TABLE.closesAt, type: AttributeType.NUMBER },
          },
        ],
      },
      options,
    );
    this.closingIndexArn = `${this.table.tableArn}/index/${SOURCES_TABLE.closingIndex}`;
  }
}
