// The local gateway serves what a template says, as API Gateway would: a stack made here, functions made here.

import { fileURLToPath } from 'node:url';
import {
  ApiGatewayManagementApiClient,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { App, Duration, Stack } from 'aws-cdk-lib';
import {
  ApiKeySourceType,
  AwsIntegration,
  IdentitySource,
  JsonSchemaType,
  JsonSchemaVersion,
  LambdaIntegration,
  PassthroughBehavior,
  RequestAuthorizer,
  ResponseType,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { Architecture, Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { gatewayOver } from '../support/local-gateway.ts';

const HANDLERS = fileURLToPath(new URL('../support/handlers', import.meta.url));

function functionIn(stack: Stack, id: string): LambdaFunction {
  return new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    code: Code.fromAsset(HANDLERS),
    handler: 'obedient.handler',
  });
}

const newStack = () =>
  new Stack(new App({ analyticsReporting: false, builtinCloudFormationValidation: false }), 'Test');

function restApi(stack: Stack, rate = 1_000): RestApi {
  return new RestApi(stack, 'Api', {
    deployOptions: { stageName: 'v1', throttlingRateLimit: rate, throttlingBurstLimit: rate },
    apiKeySourceType: ApiKeySourceType.AUTHORIZER,
    cloudWatchRole: false,
  });
}

describe('a REST API on the local gateway', () => {
  it('gives a function the request as its event, and answers what it returns', async () => {
    const stack = newStack();
    const api = restApi(stack);
    const route = api.root.addResource('things').addResource('{id}');
    route.addMethod('POST', new LambdaIntegration(functionIn(stack, 'Echo')));
    const { url } = await gatewayOver(stack, {
      functions: {
        Echo: (event) => ({
          statusCode: 201,
          headers: { 'X-Seen': 'yes' },
          multiValueHeaders: { 'X-Many': ['a', 'b'] },
          body: JSON.stringify(event),
        }),
      },
    });
    const answer = await fetch(`${url}/v1/things/a%2Fb%20c?x=1&x=2`, {
      method: 'POST',
      body: '{"é":1}',
      headers: { 'Content-Type': 'application/json', 'X-Own': 'own' },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-seen')).toBe('yes');
    expect(answer.headers.get('x-many')).toBe('a, b');
    expect(await answer.json()).toMatchObject({
      resource: '/things/{id}',
      path: '/things/a%2Fb%20c',
      httpMethod: 'POST',
      headers: { 'X-Own': 'own' },
      queryStringParameters: { x: '2' },
      multiValueQueryStringParameters: { x: ['1', '2'] },
      pathParameters: { id: 'a%2Fb%20c' },
      body: '{"é":1}',
      isBase64Encoded: false,
      requestContext: { resourcePath: '/things/{id}', stage: 'v1', identity: { sourceIp: '127.0.0.1' } },
    });
    expect((await fetch(`${url}/v1/things`)).status).toBe(403);
    expect((await fetch(`${url}/other/things`)).status).toBe(403);
  });

  it('answers 502 for a function that fails or returns no answer', async () => {
    const stack = newStack();
    const api = restApi(stack);
    api.root.addResource('throws').addMethod('GET', new LambdaIntegration(functionIn(stack, 'Throws')));
    api.root.addResource('text').addMethod('GET', new LambdaIntegration(functionIn(stack, 'Text')));
    const { url, failures } = await gatewayOver(stack, {
      functions: {
        Throws: () => {
          throw new Error('out of order');
        },
        Text: () => 'no object',
      },
    });
    for (const path of ['throws', 'text']) {
      const answer = await fetch(`${url}/v1/${path}`);
      expect(answer.status).toBe(502);
      expect(await answer.json()).toEqual({ message: 'Internal server error' });
    }
    expect(failures.join('\n')).toContain('out of order');
  });

  it('fails a function that the stack does not let it invoke', async () => {
    const stack = newStack();
    const api = restApi(stack);
    api.root.addMethod('GET', new LambdaIntegration(functionIn(stack, 'Echo')));
    for (const permission of stack.node.findAll()) {
      if (permission.node.id.startsWith('ApiPermission'))
        permission.node.scope?.node.tryRemoveChild(permission.node.id);
    }
    const { url, failures } = await gatewayOver(stack, { functions: { Echo: () => ({ statusCode: 200 }) } });
    expect((await fetch(`${url}/v1/`)).status).toBe(500);
    expect(failures.join('\n')).toContain('no permission to invoke');
  });
});

describe('an authorizer on the local gateway', () => {
  function authorized(ttl: Duration) {
    const stack = newStack();
    const api = restApi(stack);
    const authorizer = new RequestAuthorizer(stack, 'Authorizer', {
      handler: functionIn(stack, 'Authorize'),
      identitySources: [IdentitySource.header('Authorization')],
      resultsCacheTtl: ttl,
    });
    const integration = new LambdaIntegration(functionIn(stack, 'Echo'));
    api.root.addResource('a').addMethod('GET', integration, { authorizer });
    api.root.addResource('b').addMethod('GET', integration, { authorizer });
    return stack;
  }
  const policyFor = (resource: unknown, effect = 'Allow') => ({
    principalId: 'somebody',
    policyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: effect, Action: 'execute-api:Invoke', Resource: resource }],
    },
    context: { level: 7 },
  });
  const echo = (event: Record<string, unknown>) => ({
    statusCode: 200,
    body: JSON.stringify(event['requestContext']),
  });
  const get = (url: string, authorization?: string) =>
    fetch(url, authorization === undefined ? {} : { headers: { Authorization: authorization } });

  it('decides, and what it says of the caller reaches the function', async () => {
    const { url } = await gatewayOver(authorized(Duration.seconds(0)), {
      functions: {
        Echo: echo,
        Authorize: ({ headers, methodArn }) => {
          const token = Object(headers)['Authorization'];
          if (token === 'unknown') throw new Error('Unauthorized');
          if (token === 'broken') throw new Error('out of order');
          return policyFor(methodArn, token === 'good' ? 'Allow' : 'Deny');
        },
      },
    });
    expect((await get(`${url}/v1/a`)).status).toBe(401);
    expect((await get(`${url}/v1/a`, 'unknown')).status).toBe(401);
    expect((await get(`${url}/v1/a`, 'bad')).status).toBe(403);
    expect((await get(`${url}/v1/a`, 'broken')).status).toBe(500);
    const good = await get(`${url}/v1/a`, 'good');
    expect(good.status).toBe(200);
    expect(await good.json()).toMatchObject({ authorizer: { principalId: 'somebody', level: '7' } });
  });

  it('is asked again only after its time, and its policy is held against each request anew', async () => {
    let asked = 0;
    const test = await gatewayOver(authorized(Duration.seconds(30)), {
      functions: {
        Echo: echo,
        Authorize: ({ methodArn }) => {
          asked += 1;
          return policyFor(methodArn);
        },
      },
    });
    expect((await get(`${test.url}/v1/a`, 'one')).status).toBe(200);
    expect((await get(`${test.url}/v1/a`, 'one')).status).toBe(200);
    // Kept for /a alone: the trap of a cached policy that names one method.
    expect((await get(`${test.url}/v1/b`, 'one')).status).toBe(403);
    expect(asked).toBe(1);
    test.clock.nowMs += 30_001;
    expect((await get(`${test.url}/v1/b`, 'one')).status).toBe(200);
    expect(asked).toBe(2);
  });
});

describe('an integration with a service on the local gateway', () => {
  function kinesisStack({ allowed = true, rate = 1_000 } = {}) {
    const stack = newStack();
    const api = restApi(stack, rate);
    const stream = new Stream(stack, 'Stream', { streamName: 'events' });
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com') });
    if (allowed) {
      role.addToPolicy(
        new PolicyStatement({ actions: ['kinesis:PutRecord'], resources: [stream.streamArn] }),
      );
    }
    api.addGatewayResponse('Throttled', {
      type: ResponseType.THROTTLED,
      responseHeaders: { 'Retry-After': "'2'" },
    });
    const model = api.addModel('Model', {
      contentType: 'application/json',
      schema: {
        schema: JsonSchemaVersion.DRAFT4,
        type: JsonSchemaType.OBJECT,
        required: ['n'],
        properties: { n: { type: JsonSchemaType.INTEGER } },
      },
    });
    api.root.addMethod(
      'POST',
      new AwsIntegration({
        service: 'kinesis',
        action: 'PutRecord',
        options: {
          credentialsRole: role,
          passthroughBehavior: PassthroughBehavior.NEVER,
          requestParameters: { 'integration.request.header.Content-Type': "'application/x-amz-json-1.1'" },
          requestTemplates: {
            'application/json': `{"StreamName":"${stream.streamName}","PartitionKey":"k","Data":"$util.base64Encode($input.json('$'))"}`,
          },
          integrationResponses: [
            {
              statusCode: '200',
              responseTemplates: { 'application/json': `{"at":$input.json('$.SequenceNumber')}` },
            },
            {
              statusCode: '500',
              selectionPattern: '4\\d\\d',
              responseTemplates: {
                'application/json': `#set($type = $input.path('$.__type'))#if($type.contains('Throughput'))#set($context.responseOverride.status = 429)#end{"type":"$type"}`,
              },
            },
          ],
        },
      }),
      {
        requestValidator: api.addRequestValidator('Validator', { validateRequestBody: true }),
        requestModels: { 'application/json': model },
        methodResponses: [{ statusCode: '200' }, { statusCode: '500' }],
      },
    );
    return stack;
  }
  const post = (url: string, body: string, type = 'application/json') =>
    fetch(`${url}/v1/`, { method: 'POST', body, headers: { 'Content-Type': type } });
  const stored = async () => ({ status: 200, body: '{"ShardId":"s","SequenceNumber":"7"}' });

  it('runs the request template, calls the service and runs the response template', async () => {
    const { url, serviceCalls } = await gatewayOver(kinesisStack(), { callService: stored });
    const answer = await post(url, '{"n":1, "text":"$input.body #set($x = 1) \\u0022"}');
    expect({ status: answer.status, body: await answer.text() }).toEqual({ status: 200, body: '{"at":"7"}' });
    const [call] = serviceCalls;
    expect(call).toMatchObject({
      service: 'kinesis',
      action: 'PutRecord',
      headers: { 'content-type': 'application/x-amz-json-1.1' },
    });
    const { StreamName, Data } = JSON.parse(call?.body ?? '');
    expect(StreamName).toBe('events');
    expect(Buffer.from(Data, 'base64').toString()).toBe('{"n":1,"text":"$input.body #set($x = 1) \\""}');
  });

  it('maps failures of the service, and their status as the template overrides it', async () => {
    const answers = [
      { status: 400, body: '{"__type":"ProvisionedThroughputExceededException"}' },
      { status: 400, body: '{"__type":"ResourceNotFoundException"}' },
    ];
    const { url } = await gatewayOver(kinesisStack(), {
      callService: async () => answers.shift() ?? (await Promise.reject(new Error('connection refused'))),
    });
    expect((await post(url, '{"n":1}')).status).toBe(429);
    expect((await post(url, '{"n":1}')).status).toBe(500);
    // Nobody answers: listed as 504, answered as 500.
    expect((await post(url, '{"n":1}')).status).toBe(500);
  });

  it('refuses what the model refuses, saying where, and what has no template', async () => {
    const { url, serviceCalls } = await gatewayOver(kinesisStack(), { callService: stored });
    for (const body of ['{"n":"1"}', '{}', '', '[', '{"n":1}x'])
      expect((await post(url, body)).status, body).toBe(400);
    expect((await post(url, '{"n":1}', 'text/plain')).status).toBe(415);
    expect(serviceCalls).toEqual([]);
  });

  it('is denied what its role is not allowed, without calling the service', async () => {
    const { url, serviceCalls } = await gatewayOver(kinesisStack({ allowed: false }), {
      callService: stored,
    });
    const answer = await post(url, '{"n":1}');
    expect({ status: answer.status, body: await answer.json() }).toEqual({
      status: 500,
      body: { type: 'AccessDeniedException' },
    });
    expect(serviceCalls).toEqual([]);
  });

  it('is throttled by the stage, with the headers of the gateway response', async () => {
    const test = await gatewayOver(kinesisStack({ rate: 2 }), { callService: stored });
    const statuses = [];
    for (let i = 0; i < 3; i++) statuses.push((await post(test.url, '{"n":1}')).status);
    const throttled = await post(test.url, '{"n":1}');
    expect([...statuses, throttled.status, throttled.headers.get('retry-after')]).toEqual([
      200,
      200,
      429,
      429,
      '2',
    ]);
    test.clock.nowMs += 500;
    expect((await post(test.url, '{"n":1}')).status).toBe(200);
  });
});

describe('a WebSocket API on the local gateway', () => {
  function webSocketStack() {
    const stack = newStack();
    const integration = (id: string) => new WebSocketLambdaIntegration(id, functionIn(stack, id));
    const api = new WebSocketApi(stack, 'Live', {
      routeSelectionExpression: '$request.body.action',
      connectRouteOptions: { integration: integration('Connect') },
      disconnectRouteOptions: { integration: integration('Disconnect') },
      defaultRouteOptions: { integration: integration('Fallback') },
    });
    api.addRoute('join', { integration: integration('Join'), returnResponse: true });
    new WebSocketStage(stack, 'Stage', { webSocketApi: api, stageName: 'live', autoDeploy: true });
    return stack;
  }
  const next = (socket: WebSocket) =>
    new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));

  it('asks $connect, routes messages by their action, and tells $disconnect', async () => {
    const disconnected = Promise.withResolvers<unknown>();
    const unrouted = Promise.withResolvers<unknown>();
    const { url } = await gatewayOver(webSocketStack(), {
      functions: {
        Connect: ({ queryStringParameters }) => ({
          statusCode: Object(queryStringParameters)['ok'] === '1' ? 200 : 403,
        }),
        Join: ({ requestContext }) => ({
          statusCode: 200,
          body: `join ${Object(requestContext)['routeKey']}`,
        }),
        Fallback: ({ body }) => unrouted.resolve(body),
        Disconnect: ({ requestContext }) => disconnected.resolve(requestContext),
      },
    });
    const socketUrl = `${url.replace('http', 'ws')}/live`;
    const refused = new WebSocket(socketUrl);
    expect(
      await new Promise((resolve) => refused.once('error', (error) => resolve(error.message))),
    ).toContain('403');

    const socket = new WebSocket(`${socketUrl}?ok=1`);
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send('{"action":"join"}');
    expect(await next(socket)).toBe('join join');
    socket.send('no JSON');
    expect(await unrouted.promise).toBe('no JSON');
    socket.close(1000);
    expect(await disconnected.promise).toMatchObject({ eventType: 'DISCONNECT', disconnectStatusCode: 1000 });
  });

  it('lets the management API post to a connection, describe it and end it; one that is gone is 410', async () => {
    const connected = Promise.withResolvers<string>();
    const { url } = await gatewayOver(webSocketStack(), {
      functions: {
        Connect: ({ requestContext }) => {
          connected.resolve(Object(requestContext)['connectionId']);
          return { statusCode: 200 };
        },
        Disconnect: () => null,
      },
    });
    const socket = new WebSocket(`${url.replace('http', 'ws')}/live`);
    const managed = `${url}/live/@connections/${encodeURIComponent(await connected.promise)}`;
    await new Promise((resolve) => socket.once('open', resolve));
    const client = new ApiGatewayManagementApiClient({
      endpoint: `${url}/live`,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const message = next(socket);
    const ConnectionId = await connected.promise;
    await client.send(new PostToConnectionCommand({ ConnectionId, Data: Buffer.from('hello') }));
    expect(await message).toBe('hello');
    expect((await fetch(managed, { method: 'POST', body: 'x'.repeat(128 * 1024 + 1) })).status).toBe(413);
    expect(await (await fetch(managed)).json()).toMatchObject({ identity: { sourceIp: '127.0.0.1' } });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    expect((await fetch(managed, { method: 'DELETE' })).status).toBe(204);
    await closed;
    const late = client.send(new PostToConnectionCommand({ ConnectionId, Data: Buffer.from('hello') }));
    await expect(late).rejects.toMatchObject({ name: 'GoneException' });
    client.destroy();
  });
});
