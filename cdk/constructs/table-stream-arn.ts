// The change stream of a table, or an error that names the table without one.
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';

export function tableStreamArn(table: ITable): string {
  if (table.tableStreamArn === undefined) {
    throw new Error(`table ${table.node.path} has no change stream: give it a StreamViewType`);
  }
  return table.tableStreamArn;
}
