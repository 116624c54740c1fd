// Rules 22, 23, 42 to 47: what a function behind a REST API gets, and what becomes of what it returns.
import type { Stack } from 'aws-cdk-lib';
import { LambdaIntegration } from 'aws-cdk-lib/aws-apigateway';
import { describe, expect, it } from 'vitest';
import type { OpenQuestions } from '../../../src/local-stack/gateway/open-questions.ts';
import { gatewayStack, playedFunction, restApiIn } from '../../support/gateway-stack.ts';
import { gatewayOver } from '../../support/local-gateway.ts';

type Texts = Readonly<Record<string, string>> | null;

interface ProxyEvent {
  readonly path: string;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly pathParameters: Texts;
  readonly queryStringParameters: Texts;
  readonly multiValueQueryStringParameters: Readonly<Record<string, string[]>> | null;
  readonly stageVariables: Texts;
  readonly requestContext: { readonly path: string; readonly identity: object };
}

function proxyStack(binaryMediaTypes: string[] = []): Stack {
  const stack = gatewayStack();
  const api = restApiIn(stack, { binaryMediaTypes });
  const integration = new LambdaIntegration(playedFunction(stack, 'Say'));
  api.root.addMethod('POST', integration);
  api.root.addProxy({ anyMethod: true, defaultIntegration: integration });
  api.root.addResource('fixed').addMethod('GET', integration);
  return stack;
}

/** Posts what the function shall return. */
async function saying({
  binary,
  answers,
}: {
  readonly binary?: string[];
  readonly answers?: Partial<OpenQuestions>;
} = {}) {
  const { url } = await gatewayOver(proxyStack(binary), {
    functions: { Say: ({ body }) => JSON.parse(String(body)) },
    ...(answers === undefined ? {} : { answers }),
  });
  return async (returned: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/v1/`, { method: 'POST', body: JSON.stringify(returned), headers });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  };
}

describe('what a function returns', () => {
  it('rule 42, v7: passes in these forms, and is 502 in those', async () => {
    const say = await saying();
    const statuses: [unknown, number][] = [
      [{ statusCode: 200, body: 'x' }, 200],
      [{ statusCode: '201' }, 201],
      [{ body: 'x' }, 200],
      [{ headers: { 'x-own': 'v' } }, 200],
      [{ statusCode: 200, headers: null }, 200],
      [{ statusCode: 200, headers: { 'x-own': null } }, 200],
      [{ statusCode: 200, headers: { 'x-own': true } }, 200],
      [{ statusCode: 200, multiValueHeaders: { 'x-own': ['a'] } }, 200],
      [{ statusCode: 200, wrongValue: 'x' }, 502],
      [{ statusCode: 'test' }, 502],
      [{ statusCode: 200, headers: { 'x-own': 1 } }, 502],
      [{ statusCode: 200, multiValueHeaders: { 'x-own': 'a' } }, 502],
      ['text', 502],
      [[{ statusCode: 200 }], 502],
      [null, 502],
    ];
    for (const [returned, status] of statuses) {
      expect((await say(returned)).status, JSON.stringify(returned)).toBe(status);
    }
  });

  it('rule 42: a body that is no text is 502, or goes out as JSON', async () => {
    const body = { a: 1 };
    expect((await (await saying())({ statusCode: 200, body })).status).toBe(502);
    const say = await saying({ answers: { bodyThatIsNoText: 'as-json' } });
    expect((await say({ statusCode: 200, body })).text).toBe('{"a":1}');
  });

  it('rule 43: headers of both kinds are joined, those of the lists first', async () => {
    const say = await saying();
    const { headers } = await say({
      headers: { 'X-Own': 'one' },
      multiValueHeaders: { 'x-own': ['a', 'b'] },
    });
    expect(headers.get('x-own')).toBe('a, b, one');
  });

  it('rule 44: base64 is decoded only for who accepts a binary type of the API, first of all', async () => {
    const returned = { statusCode: 200, body: 'dGVzdA==', isBase64Encoded: true };
    expect((await (await saying())(returned)).text).toBe('dGVzdA==');
    const say = await saying({ binary: ['image/png'] });
    expect((await say(returned, { Accept: 'image/png,text/html' })).text).toBe('test');
    expect((await say(returned, { Accept: 'text/html,image/png' })).text).toBe('dGVzdA==');
  });

  it('rule 44: of wildcards those behind the slash count, and the one for all; what is not base64 is 500', async () => {
    const returned = { statusCode: 200, body: 'dGVzdA==', isBase64Encoded: true };
    const say = await saying({ binary: ['application/*', '*/test', 'image/png'] });
    const decoded = [
      ['application/whatever', true],
      ['application/*', true],
      ['image/png,image/*,*/*;q=0.8', true],
      ['image/webp,image/png', false],
      ['image/*', false],
      ['*/test', false],
      ['random/test', false],
      ['application', false],
      ['*/*', false],
    ] as const;
    for (const [Accept, isDecoded] of decoded)
      expect((await say(returned, { Accept })).text, Accept).toBe(isDecoded ? 'test' : 'dGVzdA==');
    const bad = await say({ ...returned, body: 'èé+à)(' }, { Accept: 'image/png' });
    expect([bad.status, bad.text]).toEqual([500, '{"message":"Internal server error"}']);
  });

  it('rules 38 and 39, v9: headers of the service’s own are renamed, and each answer has its ids', async () => {
    const say = await saying();
    const { headers } = await say({ headers: { Authorization: 'a', Server: 's', Date: 'd', 'X-Own': 'x' } });
    const names = [
      'x-amzn-remapped-authorization',
      'x-amzn-remapped-server',
      'x-amzn-remapped-date',
      'x-own',
    ];
    expect(names.map((name) => headers.get(name))).toEqual(['a', 's', 'd', 'x']);
    for (const id of ['x-amzn-requestid', 'x-amz-apigw-id', 'x-amzn-trace-id'])
      expect(headers.get(id)).not.toBeNull();
    expect(headers.get('content-type')).toBe('application/json');
  });
});

describe('what a function gets', () => {
  async function echoing() {
    const { url } = await gatewayOver(proxyStack(), {
      functions: { Say: (event) => ({ statusCode: 200, body: JSON.stringify(event) }) },
    });
    return async (path: string, init: RequestInit = {}): Promise<ProxyEvent> =>
      JSON.parse(await (await fetch(`${url}/v1${path}`, init)).text());
  }

  it.each([
    ['/a/', '/a/', 'a', '/v1/a/'],
    ['/a//b', '/a//b', 'a//b', '/v1/a//b'],
    ['//a', '/a', 'a', '/v1//a'],
    [
      '/test%2Ba@b.c/plus/test+a@b.c',
      '/test%2Ba@b.c/plus/test+a@b.c',
      'test%2Ba@b.c/plus/test+a@b.c',
      '/v1/test%2Ba@b.c/plus/test+a@b.c',
    ],
    ['/a%2Fb%20c', '/a%2Fb%20c', 'a%2Fb%20c', '/v1/a%2Fb%20c'],
  ])('rule 45, v8: paths: %s', async (asked, path, proxy, whole) => {
    const event = await (await echoing())(asked);
    expect([event.path, event.pathParameters?.['proxy'], event.requestContext.path]).toEqual([
      path,
      proxy,
      whole,
    ]);
  });

  it('rule 45, v8: slashes before the stage are one', async () => {
    const { url } = await gatewayOver(proxyStack(), {
      functions: { Say: ({ path }) => ({ statusCode: 200, body: String(path) }) },
    });
    expect(await (await fetch(`${url}//v1/a`)).text()).toBe('/a');
  });

  it('rule 45, v8: query values are decoded, the last one stands alone; what is not there is null', async () => {
    const echo = await echoing();
    const event = await echo('/x?a=1&a=%2B&b=c+d&e&f=?=?');
    expect(event.queryStringParameters).toEqual({ a: '+', b: 'c d', e: '', f: '?=?' });
    expect(event.multiValueQueryStringParameters).toEqual({
      a: ['1', '+'],
      b: ['c d'],
      e: [''],
      f: ['?=?'],
    });
    const none = await echo('/fixed');
    expect([none.queryStringParameters, none.pathParameters, none.stageVariables, none.body]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it('rule 46: headers as sent, without those of the connection, with those of the service', async () => {
    const ending = { 'Content-MD5': 'x', TE: 'x', Server: 'x', 'Max-Forwards': '1', 'WWW-Authenticate': 'x' };
    const headers = { authorization: 'a', 'user-agent': 'u', 'x-OWN': 'o', ...ending };
    const event = await (await echoing())('/x', { headers });
    expect(event.headers).toMatchObject({
      Authorization: 'a',
      'User-Agent': 'u',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-For': expect.any(String),
      'X-Amzn-Trace-Id': expect.stringMatching(/^Root=1-/),
      Host: expect.any(String),
    });
    for (const name of Object.keys(event.headers))
      expect(name).not.toMatch(
        /^(content-length|connection|content-md5|te|server|max-forwards|www-authenticate)$/i,
      );
  });

  it('rules 22 and 23, v11: the context has these members, and times of the access log’s form', async () => {
    const { requestContext } = await (await echoing())('/fixed');
    expect(Object.keys(requestContext).sort()).toEqual(
      'resourceId resourcePath httpMethod extendedRequestId requestTime path accountId protocol stage domainPrefix requestTimeEpoch requestId identity domainName deploymentId apiId'
        .split(' ')
        .sort(),
    );
    expect(Object.keys(requestContext.identity).sort()).toEqual(
      'cognitoIdentityPoolId accountId cognitoIdentityId caller sourceIp principalOrgId accessKey cognitoAuthenticationType cognitoAuthenticationProvider userArn userAgent user'
        .split(' ')
        .sort(),
    );
    expect(requestContext).toMatchObject({
      requestTime: '24/Nov/2026:12:00:00 +0000',
      requestTimeEpoch: Date.parse('2026-11-24T12:00:00Z'),
    });
  });

  it('rule 47: a literal path goes before a greedy one, which has the methods that the literal one lacks; what is unknown is 403', async () => {
    const stack = gatewayStack();
    const { root } = restApiIn(stack);
    const integration = new LambdaIntegration(playedFunction(stack, 'Say'));
    const fixed = root.addResource('fixed');
    fixed.addMethod('GET', integration);
    fixed.addResource('any').addMethod('ANY', integration);
    const greedy = root.addResource('{proxy+}');
    for (const method of ['GET', 'OPTIONS']) greedy.addMethod(method, integration);
    const { url } = await gatewayOver(stack, {
      functions: { Say: ({ resource }) => ({ statusCode: 200, body: String(resource) }) },
    });
    const ask = (method: string, path: string) => fetch(`${url}/v1${path}`, { method });
    const served = [
      ['GET', '/fixed', '/fixed'],
      ['OPTIONS', '/fixed', '/{proxy+}'],
      ['OPTIONS', '/fixed/any', '/fixed/any'],
      ['GET', '/fixed/more', '/{proxy+}'],
    ] as const;
    for (const [method, path, resource] of served)
      expect(await (await ask(method, path)).text(), `${method} ${path}`).toBe(resource);
    for (const [method, path] of [
      ['DELETE', '/fixed'],
      ['DELETE', '/other'],
      ['GET', '/'],
    ] as const) {
      const unknown = await ask(method, path);
      expect([unknown.status, unknown.headers.get('x-amzn-errortype')]).toEqual([
        403,
        'MissingAuthenticationTokenException',
      ]);
    }
  });
});
