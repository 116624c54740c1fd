// A function that writes its event's item by the AWS SDK as it comes, to see whether it finds the local servers.
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';

const client = new DynamoDBClient({});

export async function handler(event: { readonly table: string; readonly id: string }): Promise<string> {
  await client.send(new PutItemCommand({ TableName: event.table, Item: { id: { S: event.id } } }));
  return 'written';
}
