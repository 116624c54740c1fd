import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** A client whose own retries end well before a function's time does; region and endpoint come from the environment. */
export function createDynamoDbClient(): DynamoDBClient {
  return new DynamoDBClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 },
  });
}
