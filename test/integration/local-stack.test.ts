// `startLocalStack` with templates of anybody's.
import { existsSync } from 'node:fs';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { App, Stack } from 'aws-cdk-lib';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { type LocalStackOptions, startLocalStack } from '../../src/local-stack/start-local-stack.ts';
import { javaMissing } from '../support/dynamodb-local.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const missing = process.env['CI'] === 'true' ? undefined : await javaMissing();

async function started(options: LocalStackOptions) {
  const lines: string[] = [];
  const stack = await startLocalStack({ ...options, onLog: ({ text }) => lines.push(text) });
  onTestFinished(() => stack.stop());
  return { stack, lines };
}

const fn = (ZipFile: string, Variables: object = {}) => ({
  Type: 'AWS::Lambda::Function',
  Properties: {
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Timeout: 30,
    Code: { ZipFile },
    Environment: { Variables },
  },
});

describe.skipIf(missing !== undefined)('a local stack', () => {
  it('runs functions whose code stands in the template, on its buckets and nothing beyond this machine', async () => {
    const keep = `
      const { PutObjectCommand, S3Client } = require('@aws-sdk/client-s3');
      exports.handler = async ({ key, body }) => {
        await new S3Client().send(new PutObjectCommand({ Bucket: process.env.BUCKET, Key: key, Body: body }));
        return process.env.BUCKET;
      };`;
    const beyond = `
      import { ApiGatewayManagementApiClient, GetConnectionCommand } from '@aws-sdk/client-apigatewaymanagementapi';
      export const handler = () => new ApiGatewayManagementApiClient().send(new GetConnectionCommand({ ConnectionId: 'c' }));`;
    const Resources = {
      Files: { Type: 'AWS::S3::Bucket' },
      Keep: fn(keep, { BUCKET: { Ref: 'Files' } }),
      Beyond: fn(beyond),
    };
    const Outputs = { Keep: { Value: { Ref: 'Keep' } }, Beyond: { Value: { Ref: 'Beyond' } } };
    const { stack } = await started({ template: { Resources, Outputs } });

    const Bucket = await stack.invoke(stack.outputs['Keep'] ?? '', { key: 'a/b', body: 'text' });
    const s3 = new S3Client(stack.client('s3'));
    const object = await s3.send(new GetObjectCommand({ Bucket: String(Bucket), Key: 'a/b' }));
    expect(await object.Body?.transformToString()).toBe('text');
    await expect(stack.invoke(stack.outputs['Beyond'] ?? '', {})).rejects.toThrow(
      'execute-api does not run locally: found GET /@connections/c',
    );
    expect(stack.url).toBeUndefined();
  });

  it('keeps what it has in a data directory, and hands over no change twice', async () => {
    const Resources = {
      Items: {
        Type: 'AWS::DynamoDB::Table',
        Properties: {
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          StreamSpecification: { StreamViewType: 'KEYS_ONLY' },
        },
      },
      Follow: fn(
        'exports.handler = async (e) => { for (const r of e.Records) console.log(r.eventName, r.dynamodb.Keys.id.S); };',
      ),
      Reader: {
        Type: 'AWS::Lambda::EventSourceMapping',
        Properties: {
          EventSourceArn: { 'Fn::GetAtt': ['Items', 'StreamArn'] },
          FunctionName: { Ref: 'Follow' },
          StartingPosition: 'TRIM_HORIZON',
        },
      },
    };
    const template = { Resources, Outputs: { Table: { Value: { Ref: 'Items' } } } };
    const options = { template, dataDirectory: await temporaryFolder() };
    const TableName = 'Stack-Items';

    const first = await started(options);
    expect(first.stack.outputs).toEqual({ Table: TableName });
    const put = new PutItemCommand({ TableName, Item: { id: { S: 'a' } } });
    await new DynamoDBClient(first.stack.client('dynamodb')).send(put);
    await first.stack.caughtUp();
    await first.stack.stop();
    expect(first.lines).toEqual(['INSERT a']);

    const second = await started(options);
    const get = new GetItemCommand({ TableName, Key: { id: { S: 'a' } } });
    const { Item } = await new DynamoDBClient(second.stack.client('dynamodb')).send(get);
    expect(Item).toEqual({ id: { S: 'a' } });
    await second.stack.caughtUp();
    expect(second.lines).toEqual([]);
  });

  it('runs the one stack of an assembly, WebSocket and all, and is gone when stopped', async () => {
    const app = new App({ outdir: await temporaryFolder() });
    const made = new Stack(app, 'Test');
    const echo = new LambdaFunction(made, 'Echo', {
      runtime: Runtime.NODEJS_22_X,
      handler: 'index.handler',
      code: Code.fromInline('exports.handler = async ({ body }) => ({ statusCode: 200, body: body + "!" });'),
    });
    const webSocketApi = new WebSocketApi(made, 'Socket');
    new WebSocketStage(made, 'Stage', { webSocketApi, stageName: 'live', autoDeploy: true });
    webSocketApi.addRoute('$default', {
      integration: new WebSocketLambdaIntegration('Echoing', echo),
      returnResponse: true,
    });
    const { stack } = await started({ assembly: app.synth().directory });
    const socket = new WebSocket(`${stack.url?.replace('http', 'ws')}/live`);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const answered = new Promise((resolve) => socket.once('message', (data) => resolve(String(data))));
    socket.send('hello');
    expect(await answered).toBe('hello!');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await stack.stop();
    await closed;
    expect(existsSync(stack.folder)).toBe(false);
    await expect(fetch(stack.client('kinesis').endpoint)).rejects.toThrow('fetch failed');
  });
});

describe('what cannot be run', () => {
  it.each<[string, LocalStackOptions, RegExp]>([
    [
      'a resource',
      { template: { Resources: { Jobs: { Type: 'AWS::SQS::Queue' } } } },
      /do not run locally:\n {2}Jobs \(AWS::SQS::Queue\)\nLeave them out .* `ignore`/s,
    ],
    [
      'an app without cdk.json',
      { app: '/nowhere' },
      /^\/nowhere\/cdk.json cannot be read: there is no such file/,
    ],
    [
      'no template',
      { template: 'package-lock.json' },
      /^template, Resources: found undefined, expected an object/,
    ],
    [
      'code for a function that is not there',
      { template: { Resources: {} }, code: { Fn: '.' } },
      /^code: found Fn, expected logical ids of the template$/,
    ],
    [
      'code that is no folder',
      {
        template: { Resources: { Fn: fn('') } },
        code: { Fn: 'package.json' },
      },
      /^function Fn: found the code .*package.json, expected a folder/,
    ],
  ])('is an error that says so: %s', async (_, options, message) => {
    await expect(startLocalStack(options)).rejects.toThrow(message);
  });

  it('names the stacks where there are several', async () => {
    const app = new App({ outdir: await temporaryFolder() });
    for (const id of ['Test', 'Other']) new Stack(app, id);
    const assembly = app.synth().directory;
    await expect(startLocalStack({ assembly })).rejects.toThrow(
      /found the stacks Test, Other, expected one, or to be told which by `stack`/,
    );
    await expect(startLocalStack({ assembly, stack: 'Third' })).rejects.toThrow(/expected Third/);
  });
});
