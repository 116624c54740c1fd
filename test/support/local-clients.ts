import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const LOCAL = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** kinesalite speaks HTTP/1.1 alone. */
export const localKinesis = (endpoint: string) =>
  new KinesisClient({ ...LOCAL, endpoint, requestHandler: new NodeHttpHandler({}) });

export const localDynamoDb = (endpoint: string) => new DynamoDBClient({ ...LOCAL, endpoint });

export const localDynamoDbStreams = (endpoint: string) => new DynamoDBStreamsClient({ ...LOCAL, endpoint });
