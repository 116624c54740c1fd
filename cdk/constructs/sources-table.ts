// One item a source, its whole state; the change stream is the changelog. An index finds what is due to close.
import { AttributeType, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { SOURCES_TABLE } from '../../src/platform/names.ts';
import { type TableOptions, tableSettings } from './table-settings.ts';

export class SourcesTable extends Construct {
  readonly table: Table;
  readonly closingIndexArn: string;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = new Table(this, 'Table', {
      ...tableSettings(options),
      partitionKey: { name: SOURCES_TABLE.partitionKey, type: AttributeType.STRING },
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: SOURCES_TABLE.closingIndex,
      partitionKey: { name: SOURCES_TABLE.closingBucket, type: AttributeType.NUMBER },
      sortKey: { name: SOURCES_TABLE.closesAt, type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.closingIndexArn = `${this.table.tableArn}/index/${SOURCES_TABLE.closingIndex}`;
  }
}
