import { fileURLToPath } from 'node:url';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { expect, it, onTestFinished } from 'vitest';
import { bundleFunctions } from '../../cdk/bundle.ts';
import { startDynamoDbServer } from '../../src/local-stack/dynamodb-server.ts';
import { createFunctionInvoker } from '../../src/local-stack/function-invoker.ts';
import { provision } from '../../src/local-stack/provision.ts';
import { ECHO_HANDLERS } from '../support/echo-handlers.ts';
import { functionSpec } from '../support/function-spec.ts';
import { localDynamoDb, localKinesis } from '../support/local-clients.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('a bundled function finds the local servers by nothing but its environment', async () => {
  const outcome = await startDynamoDbServer();
  if (outcome.kind !== 'started') throw new Error(outcome.advice);
  const { endpoint, stop } = outcome.server;
  onTestFinished(stop);
  const writer = fileURLToPath(new URL('../support/handlers/item-writer.ts', import.meta.url));
  const { aggregate } = await bundleFunctions({
    pipeline: {},
    bundleFolder: await temporaryFolder(),
    handlers: { ...ECHO_HANDLERS, aggregate: writer },
  });
  const dynamodb = localDynamoDb(endpoint);
  const table = {
    logicalId: 'Items',
    name: 'Items',
    arn: '',
    streamArn: '',
    keySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    attributes: [{ AttributeName: 'id', AttributeType: 'S' }],
    globalIndexes: [],
    localIndexes: [],
    streamView: undefined,
    ttlAttribute: undefined,
  } as const;
  await provision({ streams: [], tables: [table] }, { dynamodb, kinesis: localKinesis(endpoint) });

  const fn = createFunctionInvoker(
    functionSpec({ codeFolder: aggregate.folder, handler: 'consumers/aggregate/handler.handler' }),
    {
      region: 'us-east-1',
      endpoints: { AWS_ENDPOINT_URL_DYNAMODB: endpoint },
      newRequestId: () => 'request',
      onLine: () => {},
    },
  );
  onTestFinished(() => fn.stop());
  expect(await fn.invoke('{"table":"Items","id":"a"}')).toEqual({ kind: 'returned', payload: '"written"' });
  const { Item } = await dynamodb.send(new GetItemCommand({ TableName: 'Items', Key: { id: { S: 'a' } } }));
  expect(Item).toEqual({ id: { S: 'a' } });
});
