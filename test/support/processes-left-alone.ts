// Starts the local servers and a function, says on a line where they listen, and waits for its end.

import { startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { createFunctionInvoker } from '../../src/local-stack/function-invoker.ts';
import { startKinesisServer } from '../../src/local-stack/kinesis-server.ts';
import { functionSpec } from './function-spec.ts';

const kinesis = await startKinesisServer({ region: 'us-east-1' });
const dynamodb = await startDynamoDbServer();
if (dynamodb.kind !== 'started') throw new Error(dynamodb.advice);
const fn = createFunctionInvoker(functionSpec(), {
  region: 'us-east-1',
  endpoints: {},
  newRequestId: () => 'request',
  onLine: () => {},
});
const outcome = await fn.invoke('{"do":"listen"}');
if (outcome.kind !== 'returned') throw new Error(JSON.stringify(outcome));
const endpoints = [kinesis.endpoint, dynamodb.server.endpoint, JSON.parse(outcome.payload)];
console.log(JSON.stringify(endpoints));
