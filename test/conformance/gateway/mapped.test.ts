// Rules 25 to 41, 48 to 59: validation, mapped integrations, answers of the service's own, authorizers.
import { Duration, type Stack } from 'aws-cdk-lib';
import {
  AccessLogFormat,
  AwsIntegration,
  CfnMethod,
  IdentitySource,
  type IntegrationOptions,
  JsonSchemaType,
  JsonSchemaVersion,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodOptions,
  MockIntegration,
  PassthroughBehavior,
  RequestAuthorizer,
  ResponseType,
  type RestApi,
  TokenAuthorizer,
} from 'aws-cdk-lib/aws-apigateway';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import type { OpenQuestions } from '../../../src/local-stack/gateway/open-questions.ts';
import { gatewayStack, playedFunction, restApiIn } from '../../support/gateway-stack.ts';
import { gatewayOver, type TestGatewayOptions } from '../../support/local-gateway.ts';

const JSON_TYPE = 'application/json';

interface MockOptions extends IntegrationOptions {
  readonly method?: MethodOptions;
  readonly edit?: (api: RestApi, stack: Stack) => MethodOptions | undefined;
}

/** A mock at POST /, that answers 200 with its template's text. */
function mockStack({ method = {}, edit, ...options }: MockOptions = {}): Stack {
  const stack = gatewayStack();
  const api = restApiIn(stack);
  const own = edit?.(api, stack) ?? {};
  api.root.addMethod(
    'POST',
    new MockIntegration({
      requestTemplates: { [JSON_TYPE]: '{"statusCode": 200}' },
      integrationResponses: [{ statusCode: '200' }],
      ...options,
    }),
    { methodResponses: [{ statusCode: '200' }], ...method, ...own },
  );
  return stack;
}

async function asked(
  stack: Stack,
  init: { readonly body?: string; readonly headers?: Record<string, string>; readonly query?: string } = {},
  options: TestGatewayOptions = {},
) {
  const { url, failures } = await gatewayOver(stack, options);
  const answer = await fetch(`${url}/v1/${init.query ?? ''}`, {
    method: 'POST',
    body: init.body ?? '{}',
    headers: { 'Content-Type': JSON_TYPE, ...init.headers },
  });
  return { status: answer.status, text: await answer.text(), headers: answer.headers, failures };
}

const answering = (answers: Partial<OpenQuestions>): TestGatewayOptions => ({ answers });

describe('a mock', () => {
  it.each([
    ['{"statusCode": 200}', 200],
    ['{statusCode: 200}', 200],
    ["{'statusCode': 200,}", 200],
    ['{"statusCode": "200"}', 500],
    ['{"statusCode": 200', 500],
    ['{}', 500],
  ])('rule 35, v12: answers %s with %i', async (template, status) => {
    expect((await asked(mockStack({ requestTemplates: { [JSON_TYPE]: template } }))).status).toBe(status);
  });

  it('rule 34: says nothing without a response template, and else what the type asked for says', async () => {
    expect((await asked(mockStack(), { body: '{"a":1}' })).text).toBe('');
    const integrationResponses = [
      { statusCode: '200', responseTemplates: { 'text/plain': 'plain', [JSON_TYPE]: '{"json":1}' } },
    ];
    const stack = () => mockStack({ integrationResponses });
    expect((await asked(stack(), { headers: { Accept: 'text/plain' } })).text).toBe('plain');
    expect((await asked(stack(), { headers: { Accept: 'image/png' } })).text).toBe('{"json":1}');
  });

  it('rule 25: answers a CORS preflight of several origins to each with its own, by the CDK’s template', async () => {
    const stack = gatewayStack();
    const origins = ['https://a.example', 'https://b.example', 'https://c.example'];
    restApiIn(stack).root.addCorsPreflight({ allowOrigins: origins, allowCredentials: true });
    const { url } = await gatewayOver(stack);
    const allowed = async (headers: Record<string, string>) =>
      (await fetch(`${url}/v1/`, { method: 'OPTIONS', headers })).headers.get('access-control-allow-origin');
    expect(await allowed({ Origin: 'https://c.example' })).toBe('https://c.example');
    expect(await allowed({ origin: 'https://b.example' })).toBe('https://b.example');
    expect(await allowed({ Origin: 'https://b.example.evil' })).toBe('https://a.example');
    expect(await allowed({})).toBe('https://a.example');
  });

  it('answers a CORS preflight of the CDK', async () => {
    const stack = gatewayStack();
    restApiIn(stack).root.addCorsPreflight({ allowOrigins: ['https://a.example'], allowHeaders: ['X-Own'] });
    const { url } = await gatewayOver(stack);
    const answer = await fetch(`${url}/v1/`, { method: 'OPTIONS' });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://a.example',
    ]);
  });

  it('rules 25 and 26, v6: keeps what its request template overrides', async () => {
    const template = `#set($context.responseOverride.status = 202)#set($context.responseOverride.header["X-Own"] = "set")#set($context.responseOverride.more = "read"){"statusCode": 200}`;
    const responseTemplates = { [JSON_TYPE]: '{"more":"$context.responseOverride.more"}' };
    const answer = await asked(
      mockStack({
        requestTemplates: { [JSON_TYPE]: template },
        integrationResponses: [{ statusCode: '200', responseTemplates }],
      }),
    );
    expect([answer.status, answer.headers.get('x-own'), answer.text]).toEqual([
      202,
      'set',
      '{"more":"read"}',
    ]);
  });

  it('rule 26: an override replaces a header whatever its capitals', async () => {
    const template = `#set($context.responseOverride.header.content-type = "text/own"){"statusCode": 200}`;
    const { headers } = await asked(mockStack({ requestTemplates: { [JSON_TYPE]: template } }));
    expect(headers.get('content-type')).toBe('text/own');
  });

  it('rule 26: fails where a template overrides a parameter twice', async () => {
    const template = `#set($context.responseOverride.header.foo = "a")#set($context.responseOverride.header.foo = "b"){"statusCode": 200}`;
    const { status, failures } = await asked(mockStack({ requestTemplates: { [JSON_TYPE]: template } }));
    expect([status, failures.join()]).toEqual([500, expect.stringContaining('foo overridden twice')]);
  });

  it('rule 25, v6: keeps them without a response template, and then its body is empty', async () => {
    const template = `#set($context.responseOverride.status = 444)#set($context.responseOverride.header.foo = "bar"){"statusCode": 200}`;
    const { status, headers, text } = await asked(mockStack({ requestTemplates: { [JSON_TYPE]: template } }));
    expect([status, headers.get('foo'), text]).toEqual([444, 'bar', '']);
  });
});

describe('content types', () => {
  it.each([
    [PassthroughBehavior.NEVER, 'text/plain', 415],
    [PassthroughBehavior.NEVER, 'application/json; charset=utf-8', 200],
    [PassthroughBehavior.WHEN_NO_TEMPLATES, 'text/plain', 415],
    [PassthroughBehavior.WHEN_NO_MATCH, 'text/plain', 200],
  ])('rules 32 and 33: with %s a body of %s is %i', async (passthroughBehavior, type, status) => {
    const headers = { 'Content-Type': type };
    const answer = await asked(mockStack({ passthroughBehavior }), { headers, body: '{"statusCode":200}' });
    expect(answer.status).toBe(status);
    if (status === 415) expect(answer.headers.get('x-amzn-errortype')).toBe('BadRequestException');
  });

  it('rule 7: a broken body is 400 where a template reads it', async () => {
    const requestTemplates = { [JSON_TYPE]: `{"statusCode": 200, "x": $input.json('$')}` };
    expect((await asked(mockStack({ requestTemplates }), { body: '{"a"' })).status).toBe(400);
  });
});

describe('which response', () => {
  const two = [{ statusCode: '200' }, { statusCode: '404' }];
  it('rule 36: without a pattern, or with an empty one, is the default; with none that fits it is 500', async () => {
    const of = (selectionPattern: string | undefined) =>
      mockStack({
        integrationResponses: [
          { statusCode: '200', ...(selectionPattern === undefined ? {} : { selectionPattern }) },
          { statusCode: '404', selectionPattern: '404' },
        ],
        method: { methodResponses: two },
      });
    for (const pattern of ['', undefined, '200', '2\\d{2}'])
      expect((await asked(of(pattern))).status).toBe(200);
    const none = await asked(of('5.*'));
    expect([none.status, none.failures.join()]).toEqual([
      500,
      expect.stringContaining('no integration response'),
    ]);
  });

  it('rule 36: whether a pattern must fit the whole, and which of several is taken, is open', async () => {
    const stack = () =>
      mockStack({
        integrationResponses: [{ statusCode: '200' }, { statusCode: '404', selectionPattern: '20' }],
        method: { methodResponses: two },
      });
    expect((await asked(stack())).status).toBe(200);
    expect((await asked(stack(), {}, answering({ selectionFits: 'part' }))).status).toBe(404);
    const both = () =>
      mockStack({
        integrationResponses: [
          { statusCode: '200', selectionPattern: '2..' },
          { statusCode: '404', selectionPattern: '.+' },
        ],
        method: { methodResponses: two },
      });
    expect((await asked(both())).status).toBe(200);
    expect((await asked(both(), {}, answering({ selectionTakes: 'last' }))).status).toBe(404);
  });

  it('rules 37 and 38, v9: its headers are declared, of texts, the body or the context; the service’s own are renamed', async () => {
    const declared = ['X-Text', 'X-Stage', 'Server'];
    const answer = await asked(
      mockStack({
        integrationResponses: [
          {
            statusCode: '200',
            responseParameters: {
              'method.response.header.X-Text': "'text'",
              'method.response.header.X-Stage': 'context.stage',
              'method.response.header.Server': "'mine'",
            },
          },
        ],
        method: {
          methodResponses: [
            {
              statusCode: '200',
              responseParameters: Object.fromEntries(
                declared.map((name) => [`method.response.header.${name}`, true]),
              ),
            },
          ],
        },
      }),
    );
    const names = ['x-text', 'x-stage', 'x-amzn-remapped-server', 'content-type'];
    expect(names.map((name) => answer.headers.get(name))).toEqual(['text', 'v1', 'mine', JSON_TYPE]);
  });
});

describe('a service behind', () => {
  function kinesisStack(options: IntegrationOptions = {}, declared: Record<string, boolean> = {}): Stack {
    const stack = gatewayStack();
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('apigateway.amazonaws.com') });
    role.addToPolicy(new PolicyStatement({ actions: ['kinesis:PutRecord'], resources: ['*'] }));
    restApiIn(stack).root.addMethod(
      'POST',
      new AwsIntegration({
        service: 'kinesis',
        action: 'PutRecord',
        options: { credentialsRole: role, integrationResponses: [{ statusCode: '200' }], ...options },
      }),
      { methodResponses: [{ statusCode: '200', responseParameters: declared }] },
    );
    return stack;
  }

  it('rule 38: is not asked with headers of the service’s own', async () => {
    const requestParameters = { 'integration.request.header.Authorization': "'x'" };
    expect((await asked(kinesisStack({ requestParameters }))).status).toBe(500);
  });

  it('rules 38 and 39, v9: its answers are traced; te passes, transfer-encoding goes, and neither reaches a template', async () => {
    const own = ['TE', 'Transfer-Encoding'].map((name) => `method.response.header.${name}`);
    const params = ['TE', 'Server', 'Max-Forwards', 'Pragma'].map((name) => `$input.params('${name}')`);
    const stack = kinesisStack(
      {
        requestTemplates: { [JSON_TYPE]: `{"StreamName":"s","Data":"${params.join('|')}"}` },
        integrationResponses: [
          { statusCode: '200', responseParameters: Object.fromEntries(own.map((name) => [name, "'own'"])) },
        ],
      },
      Object.fromEntries(own.map((name) => [name, true])),
    );
    const { url, serviceCalls } = await gatewayOver(stack, {
      callService: async () => ({ status: 200, body: '{}' }),
    });
    const { headers } = await fetch(`${url}/v1/`, {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': JSON_TYPE, TE: 'trailers', Server: 's', 'Max-Forwards': '2', Pragma: 'p' },
    });
    expect(serviceCalls[0]?.body).toBe('{"StreamName":"s","Data":"|||p"}');
    expect([...headers].flatMap(([name, value]) => (value === 'own' ? [name] : []))).toEqual(['te']);
    expect(headers.get('x-amzn-trace-id')).toMatch(/^Root=/);
  });

  it('rule 34: with an empty response template its answer passes, as without one', async () => {
    const integrationResponses = [{ statusCode: '200', responseTemplates: { [JSON_TYPE]: '' } }];
    const answer = await asked(
      kinesisStack({ integrationResponses }),
      {},
      { callService: async () => ({ status: 200, body: '{"ShardId":"s"}' }) },
    );
    expect(answer.text).toBe('{"ShardId":"s"}');
  });

  it('rules 25 and 40: is asked with what the template overrides, and its answer passes', async () => {
    const { url, serviceCalls } = await gatewayOver(
      kinesisStack({
        requestTemplates: {
          [JSON_TYPE]: `#set($context.requestOverride.header["X-To"] = "there"){"StreamName":"s"}`,
        },
      }),
      { callService: async () => ({ status: 200, body: '{"SequenceNumber":"1","ShardId":"s"}' }) },
    );
    const answer = await fetch(`${url}/v1/`, {
      method: 'POST',
      body: '{}',
      headers: { 'Content-Type': JSON_TYPE },
    });
    expect([await answer.text(), serviceCalls[0]?.headers]).toEqual([
      '{"SequenceNumber":"1","ShardId":"s"}',
      { 'x-to': 'there' },
    ]);
  });

  it('rule 50: that gives no answer is 500, unless a gateway response says otherwise', async () => {
    const callService = () => Promise.reject(new Error('connection refused'));
    expect((await asked(kinesisStack(), {}, { callService })).status).toBe(500);
  });

  it.each<readonly [string, unknown]>([
    ['ContentHandling', 'CONVERT_TO_BINARY'],
    ['TimeoutInMillis', 29_001],
    ['TimeoutInMillis', 49],
    ['RequestTemplates', { [JSON_TYPE]: '#parse("x")' }],
    ['RequestParameters', { 'integration.request.querystring.x': "'y'" }],
    ['Type', 'HTTP'],
  ])(
    'what does not run is refused when the template is read: %s %j (rules 15, 36, 37, 41 and 58)',
    async (key, value) => {
      const stack = kinesisStack();
      for (const each of stack.node.findAll()) {
        if (each instanceof CfnMethod) each.addPropertyOverride(`Integration.${key}`, value);
      }
      await expect(gatewayOver(stack)).rejects.toThrow(/^template, ApiPOST\w+\.Integration/);
    },
  );
});

describe('a stage', () => {
  const limited = () => {
    const stack = gatewayStack();
    const api = restApiIn(stack, {
      deployOptions: {
        stageName: 'v1',
        throttlingRateLimit: 1,
        throttlingBurstLimit: 1,
        accessLogDestination: new LogGroupLogDestination(new LogGroup(stack, 'Log')),
        accessLogFormat: AccessLogFormat.custom(
          '$context.status $context.error.responseType $context.error.message $context.requestId',
        ),
      },
    });
    const options = {
      requestTemplates: { [JSON_TYPE]: '{statusCode: 200}' },
      integrationResponses: [{ statusCode: '200' }],
    };
    api.root.addMethod('GET', new MockIntegration(options), { methodResponses: [{ statusCode: '200' }] });
    return stack;
  };

  it('rules 51 and 57: throttles with 429, and may say when to come again', async () => {
    for (const retryAfterSeconds of [undefined, 3]) {
      const { url } = await gatewayOver(limited(), answering({ retryAfterSeconds }));
      await fetch(`${url}/v1/`);
      const { status, headers } = await fetch(`${url}/v1/`);
      expect([status, headers.get('retry-after'), headers.get('x-amzn-errortype')]).toEqual([
        429,
        retryAfterSeconds === undefined ? null : '3',
        'TooManyRequestsException',
      ]);
    }
  });

  it('rule 58: logs what is not set as a dash, or as nothing', async () => {
    for (const unsetInAccessLog of ['-', ''] as const) {
      const { url, access } = await gatewayOver(limited(), answering({ unsetInAccessLog }));
      await fetch(`${url}/v1/`);
      await fetch(`${url}/v1/`);
      expect(access).toEqual([
        expect.stringMatching(`^200 ${unsetInAccessLog} ${unsetInAccessLog} \\S+$`),
        expect.stringMatching(/^429 THROTTLED Too Many Requests \S+$/),
      ]);
    }
  });
});

describe('validation', () => {
  const PERSON = {
    schema: JsonSchemaVersion.DRAFT4,
    type: JsonSchemaType.OBJECT,
    required: ['n'],
    properties: {
      n: { type: JsonSchemaType.INTEGER },
      list: { type: JsonSchemaType.ARRAY, maxItems: 2, items: { ref: '#/definitions/item' } },
    },
    definitions: { item: { oneOf: [{ type: JsonSchemaType.STRING }, { type: JsonSchemaType.NULL }] } },
  };

  /** A model under the type, that the method's model refers to by URL. */
  const validated = (type = JSON_TYPE) =>
    mockStack({
      edit: (api) => {
        const person = api.addModel('Person', {
          modelName: 'Person',
          contentType: JSON_TYPE,
          schema: PERSON,
        });
        const outer = api.addModel('Outer', {
          contentType: JSON_TYPE,
          schema: {
            schema: JsonSchemaVersion.DRAFT4,
            type: JsonSchemaType.OBJECT,
            properties: {
              person: {
                ref: `https://apigateway.amazonaws.com/restapis/${api.restApiId}/models/${person.modelId}`,
              },
            },
            required: ['person'],
          },
        });
        return {
          requestModels: { [type]: outer },
          requestValidator: api.addRequestValidator('Both', {
            validateRequestBody: true,
            validateRequestParameters: true,
          }),
          requestParameters: {
            'method.request.header.x-header-param': true,
            'method.request.querystring.qs1': true,
          },
        };
      },
    });
  const WITH = { headers: { 'x-header-param': 'h' }, query: '?qs1=q' };

  it('rule 27, v10: names what is missing, headers first, blank ones too, before it looks at the body', async () => {
    const { status, text } = await asked(validated(), { body: '{}', query: '?qs1=%20' });
    expect([status, JSON.parse(text)]).toEqual([
      400,
      { message: 'Missing required request parameters: [x-header-param, qs1]' },
    ]);
  });

  it('rule 27, v10: names headers, then the path’s, then the query’s, however the template lists them', async () => {
    const stack = gatewayStack();
    const api = restApiIn(stack);
    api.root.addResource('{id}').addMethod('POST', new MockIntegration(), {
      requestValidator: api.addRequestValidator('Parameters', { validateRequestParameters: true }),
      requestParameters: {
        'method.request.querystring.qs1': true,
        'method.request.path.id': true,
        'method.request.path.issuer': true,
        'method.request.header.x-header-param': true,
      },
    });
    api.addGatewayResponse('Bad', {
      type: ResponseType.BAD_REQUEST_PARAMETERS,
      templates: { [JSON_TYPE]: '$context.error.validationErrorString of $method.request.path.id' },
    });
    const { url } = await gatewayOver(stack);
    const answers = ['a%20b', '%20'].map(async (id) => {
      const answer = await fetch(`${url}/v1/${id}`, { method: 'POST', body: '{}' });
      return await answer.text();
    });
    expect(await Promise.all(answers)).toEqual([
      'x-header-param, issuer, qs1 of a b',
      'x-header-param, id, issuer, qs1 of  ',
    ]);
  });

  it.each([
    ['{"person":{"n":1}}', 200],
    ['{"person":{"n":1,"list":["a",null]}}', 200],
    ['{"person":{"n":"1"}}', 400],
    ['{"person":{"n":1,"list":[1]}}', 400],
    ['{"person":{"n":1,"list":["a","b","c"]}}', 400],
    ['{"person":{}}', 400],
    ['', 400],
    ['{person:{n:1}}', 400],
  ])(
    'rules 28 and 29, v10: by models, references to models and definitions: %s is %i',
    async (body, status) => {
      const answer = await asked(validated(), { ...WITH, body });
      expect(answer.status).toBe(status);
      if (status === 400) {
        expect(JSON.parse(answer.text)).toEqual({ message: 'Invalid request body' });
        expect(answer.headers.get('x-amzn-errortype')).toBe('BadRequestException');
      }
    },
  );

  it('rule 28: may pass over the lengths of lists', async () => {
    const body = '{"person":{"n":1,"list":["a","b","c"]}}';
    expect(
      (await asked(validated(), { ...WITH, body }, answering({ validatesListLengths: false }))).status,
    ).toBe(200);
  });

  it('rules 30 and 32: looks at its own type alone, or at every one; $default is for all', async () => {
    const text = {
      ...WITH,
      body: '{"statusCode":200}',
      headers: { ...WITH.headers, 'Content-Type': 'text/x' },
    };
    expect((await asked(validated(), text)).status).toBe(200);
    expect((await asked(validated(), text, answering({ jsonModelForAll: true }))).status).toBe(400);
    expect((await asked(validated('$default'), text)).status).toBe(400);
    const charset = {
      ...WITH,
      body: '{}',
      headers: { ...WITH.headers, 'Content-Type': 'application/json; charset=x' },
    };
    expect((await asked(validated(), charset)).status).toBe(400);
    expect((await asked(validated(), charset, answering({ modelIgnoresCharset: false }))).status).toBe(200);
  });

  it('rule 31: its message has quotes in it, escaped in a gateway response or not', async () => {
    const stack = () =>
      mockStack({
        edit: (api) => {
          api.addGatewayResponse('Bad', {
            type: ResponseType.BAD_REQUEST_BODY,
            templates: { [JSON_TYPE]: '{"found":"$context.error.validationErrorString"}' },
          });
          return {
            requestModels: { [JSON_TYPE]: api.addModel('M', { contentType: JSON_TYPE, schema: PERSON }) },
            requestValidator: api.addRequestValidator('Body', { validateRequestBody: true }),
          };
        },
      });
    const message = '[object has missing required properties (["n"])]';
    expect((await asked(stack())).text).toBe(`{"found":"${message}"}`);
    const escaped = await asked(stack(), {}, answering({ escapesValidationMessage: true }));
    expect(JSON.parse(escaped.text)).toEqual({ found: message });
  });
});

describe('gateway responses', () => {
  it('rule 48, v13: are a type’s own, else its class’s with that status, and are no VTL', async () => {
    const stack = mockStack({
      requestTemplates: { [JSON_TYPE]: '{}' },
      edit: (api) => {
        api.addGatewayResponse('Failures', {
          type: ResponseType.DEFAULT_5XX,
          statusCode: '503',
          responseHeaders: {
            'content-type': "'text/own'",
            'X-Id': 'stageVariables.i',
            'X-Type': 'context.error.responseType',
            'X-Own': 'method.request.header.X-Own',
            Server: "'s'",
          },
          templates: {
            [JSON_TYPE]: `{"m":$context.error.messageString,"s":"$context.stage","v":"#set($x = 1)"}`,
          },
        });
        return undefined;
      },
    });
    const answer = await asked(stack, { headers: { 'X-Own': 'own' } });
    expect([answer.status, answer.text, answer.headers.get('x-type'), answer.headers.get('x-own')]).toEqual([
      503,
      '{"m":"Internal server error","s":"v1","v":"#set($x = 1)"}',
      'API_CONFIGURATION_ERROR',
      'own',
    ]);
    expect(['server', 'content-type'].map((name) => answer.headers.get(name))).toEqual(['s', 'text/own']);
  });

  it('rule 49: none says that a request is too large', async () => {
    const stack = mockStack({
      edit: (api) => {
        api.addGatewayResponse('Large', {
          type: ResponseType.REQUEST_TOO_LARGE,
          templates: { [JSON_TYPE]: '{}' },
        });
        return undefined;
      },
    });
    const { status, text } = await asked(stack, { body: ' '.repeat(10 * 1024 * 1024 + 1) });
    expect([status, text]).toEqual([413, '{"message":"Request Too Long"}']);
  });
});

describe('an authorizer', () => {
  const policy = (resource: unknown, effect = 'Allow', more: object = {}) => ({
    principalId: 'p',
    policyDocument: { Statement: [{ Effect: effect, Action: 'execute-api:Invoke', Resource: resource }] },
    ...more,
  });

  function authorizedStack(kind: 'request' | 'token' = 'request'): Stack {
    const stack = gatewayStack();
    const handler = playedFunction(stack, 'Authorize');
    const authorizer =
      kind === 'token'
        ? new TokenAuthorizer(stack, 'A', { handler, resultsCacheTtl: Duration.seconds(0) })
        : new RequestAuthorizer(stack, 'A', {
            handler,
            resultsCacheTtl: Duration.seconds(0),
            identitySources: [IdentitySource.header('Authorization')],
          });
    restApiIn(stack).root.addMethod('POST', new LambdaIntegration(playedFunction(stack, 'Echo')), {
      authorizer,
    });
    return stack;
  }

  const decided = (
    authorize: (event: Record<string, unknown>) => unknown,
    answers: Partial<OpenQuestions> = {},
  ) =>
    asked(
      authorizedStack(),
      { headers: { Authorization: 'token' } },
      {
        answers,
        functions: {
          Authorize: authorize,
          Echo: ({ requestContext }) => ({
            statusCode: 200,
            body: JSON.stringify(Object(requestContext)['authorizer']),
          }),
        },
      },
    );

  it('rule 52: is not asked without an identity; of a token it gets that alone', async () => {
    expect((await asked(authorizedStack(), {})).status).toBe(401);
    const seen: unknown[] = [];
    await asked(
      authorizedStack('token'),
      { headers: { Authorization: 'token' } },
      {
        functions: {
          Authorize: (event) => seen.push(event) && policy('*'),
          Echo: () => ({ statusCode: 200 }),
        },
      },
    );
    expect(seen).toEqual([
      { type: 'TOKEN', authorizationToken: 'token', methodArn: expect.stringMatching(/\/v1\/POST\/$/) },
    ]);
  });

  it('rule 52: is asked once for an identity in its time to live, and what it said is judged for each method', async () => {
    const stack = gatewayStack();
    const authorizer = new RequestAuthorizer(stack, 'A', {
      handler: playedFunction(stack, 'Authorize'),
      identitySources: [IdentitySource.header('Authorization'), IdentitySource.queryString('q')],
    });
    const { root } = restApiIn(stack);
    for (const method of ['GET', 'POST'])
      root.addMethod(method, new LambdaIntegration(playedFunction(stack, `Echo${method}`)), { authorizer });
    let calls = 0;
    const { url, clock } = await gatewayOver(stack, {
      functions: {
        Authorize: ({ methodArn }) => {
          calls += 1;
          return policy(String(methodArn).replace('/POST/', '/GET/'));
        },
        Echo: () => ({ statusCode: 200 }),
      },
    });
    const ask = async (method: string, token = 'a', q = 'q') => {
      const answer = await fetch(`${url}/v1/?q=${q}`, { method, headers: { Authorization: token } });
      return [answer.status, calls];
    };
    expect(await ask('GET')).toEqual([200, 1]);
    expect(await ask('POST')).toEqual([403, 1]);
    expect(await ask('GET', 'b')).toEqual([200, 2]);
    expect(await ask('GET', 'a', 'r')).toEqual([200, 3]);
    expect(await ask('GET', 'a', '')).toEqual([401, 3]);
    clock.nowMs += 299_999;
    expect(await ask('GET')).toEqual([200, 3]);
    clock.nowMs += 1;
    expect(await ask('GET')).toEqual([200, 4]);
  });

  it('rule 54: is 500 where its policy has what is not evaluated here', async () => {
    const statement = { Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' };
    const saying = (statements: unknown) =>
      decided(() => ({ principalId: 'p', policyDocument: { Statement: statements } }));
    expect((await saying(statement)).status).toBe(200);
    for (const more of [{ Condition: {} }, { NotAction: 'x' }, { NotResource: 'x' }]) {
      const { status, failures } = await saying([{ ...statement, ...more }]);
      expect([status, failures.join()]).toEqual([500, expect.stringContaining('not evaluated locally')]);
    }
  });

  it('rules 51 and 53: that says Unauthorized is 401; any other failure is 500, as a configuration error', async () => {
    const failing = (message: string) =>
      decided(() => {
        throw new Error(message);
      });
    const unauthorized = await failing('Unauthorized');
    expect([unauthorized.status, unauthorized.headers.get('x-amzn-errortype')]).toEqual([
      401,
      'UnauthorizedException',
    ]);
    const failed = await failing('out of order');
    expect([failed.status, failed.text]).toEqual([500, '{"message":null}']);
  });

  it('rules 51 and 54: denies what no statement allows, and says so of an explicit one', async () => {
    const none = await decided(() => policy('arn:aws:execute-api:other'));
    expect([none.status, JSON.parse(none.text)]).toEqual([
      403,
      { Message: 'User is not authorized to access this resource' },
    ]);
    const explicit = await decided(({ methodArn }) => policy(methodArn, 'Deny'));
    expect(JSON.parse(explicit.text)).toEqual({
      Message: 'User is not authorized to access this resource with an explicit deny',
    });
  });

  it('rules 24 and 55: gives texts and null to the function; a list in its context is 500', async () => {
    const good = await decided(({ methodArn }) =>
      policy(methodArn, 'Allow', { context: { n: 1, b: true, none: null } }),
    );
    expect(JSON.parse(good.text)).toEqual({
      principalId: 'p',
      n: '1',
      b: 'true',
      none: null,
      integrationLatency: 0,
    });
    const bad = await decided(({ methodArn }) => policy(methodArn, 'Allow', { context: { list: [] } }));
    expect(bad.status).toBe(500);
  });

  it('rule 55: without a principalId fails, or passes', async () => {
    const nobody = ({ methodArn }: Record<string, unknown>) =>
      policy(methodArn, 'Allow', { principalId: undefined });
    expect((await decided(nobody)).status).toBe(500);
    expect((await decided(nobody, { takesMissingPrincipal: true })).status).toBe(200);
  });

  it('rule 56: may answer 8 KB, with resources of 512 characters', async () => {
    expect((await decided(() => policy('*', 'Allow', { context: { t: 'x'.repeat(9_000) } }))).status).toBe(
      500,
    );
    expect((await decided(() => policy(`${'*'.repeat(513)}`))).status).toBe(500);
  });
});
