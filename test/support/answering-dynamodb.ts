import { Readable } from 'node:stream';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The part of the SDK's request that an answer depends on. */
interface SentRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export type Answers = (
  operation: string,
  request: Readonly<Record<string, unknown>>,
) => object | 'unavailable';

/** The SDK's own client, each request answered by a function: `unavailable` is the service's 503. */
export function answeringDynamoDb(answers: Answers): DynamoDBClient {
  return new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: SentRequest) => {
        const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        const answer = answers(operation, JSON.parse(textOf(request.body)));
        const [statusCode, body] = answer === 'unavailable' ? [503, {}] : [200, answer];
        const headers = { 'content-type': 'application/x-amz-json-1.0' };
        return {
          response: { statusCode, headers, body: Readable.from([Buffer.from(JSON.stringify(body))]) },
        };
      },
    },
  });
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
}
