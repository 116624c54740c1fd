// Both the functions' requestContext and the templates' $context.
import type { RestApi } from './rest-api.ts';
import { headerOf, type RestRequest } from './rest-request.ts';

export function restContext(
  api: RestApi,
  request: RestRequest,
  { accountId }: { readonly accountId: string },
): Record<string, unknown> {
  return {
    accountId,
    apiId: api.id,
    deploymentId: `${api.id}-local`,
    domainName: 'localhost',
    domainPrefix: 'localhost',
    extendedRequestId: request.requestId,
    httpMethod: request.httpMethod,
    identity: {
      accessKey: null,
      accountId: null,
      caller: null,
      cognitoAuthenticationProvider: null,
      cognitoAuthenticationType: null,
      cognitoIdentityId: null,
      cognitoIdentityPoolId: null,
      principalOrgId: null,
      sourceIp: request.sourceIp,
      user: null,
      userAgent: headerOf(request.headers, 'user-agent') ?? null,
      userArn: null,
    },
    path: `/${api.stage.name}${request.path}`,
    protocol: 'HTTP/1.1',
    requestId: request.requestId,
    requestTime: commonLogTime(request.receivedMs),
    requestTimeEpoch: request.receivedMs,
    stage: api.stage.name,
  };
}

/** e.g. `24/Nov/2026:12:00:00 +0000` */
export function commonLogTime(ms: number): string {
  const [, day, month, year, time] =
    /^\w+, (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(ms).toUTCString()) ?? [];
  return `${day}/${month}/${year}:${time} +0000`;
}
