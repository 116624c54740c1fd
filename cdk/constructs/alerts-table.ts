// One item an alert and what it watches; its change stream carries transitions on, its indexes say whose silence to look at
// and which alerts are not well.
import { AttributeType, type ITable, StreamViewType } from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { ALERTS_TABLE } from '../../src/platform/names.ts';
import { addTable } from './add-table.ts';
import type { TableOptions } from './table-settings.ts';

export class AlertsTable extends Construct {
  readonly table: ITable;
  readonly checkingIndexArn: string;
  readonly standingIndexArn: string;

  constructor(scope: Construct, id: string, options: TableOptions = {}) {
    super(scope, id);
    this.table = addTable(
      this,
      'Table',
      {
        partitionKey: ALERTS_TABLE.partitionKey,
        stream: StreamViewType.NEW_AND_OLD_IMAGES,
        indexes: [
          {
            name: ALERTS_TABLE.checkingIndex,
            partitionKey: { name: ALERTS_TABLE.checkingBucket, type: AttributeType.NUMBER },
            sortKey: { name: ALERTS_TABLE.checkAt, type: AttributeType.NUMBER },
          },
          {
            name: ALERTS_TABLE.standingIndex,
            partitionKey: { name: ALERTS_TABLE.standing, type: AttributeType.STRING },
            sortKey: { name: ALERTS_TABLE.standingPlace, type: AttributeType.STRING },
          },
        ],
      },
      options,
    );
    this.checkingIndexArn = `${this.table.tableArn}/index/${ALERTS_TABLE.checkingIndex}`;
    this.standingIndexArn = `${this.table.tableArn}/index/${ALERTS_TABLE.standingIndex}`;
  }
}
