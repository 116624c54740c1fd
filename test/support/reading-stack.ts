// The readers' APIs on a stack of their own, with an authorizer that lets one token in.
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { IdentitySource, RequestAuthorizer, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { AlertsTable } from '../../cdk/constructs/alerts-table.ts';
import { DeadLettersTable } from '../../cdk/constructs/dead-letters-table.ts';
import { FailuresBucket } from '../../cdk/constructs/failures-bucket.ts';
import { LiveApi } from '../../cdk/constructs/live-api.ts';
import { LiveTable } from '../../cdk/constructs/live-table.ts';
import { QueryApi } from '../../cdk/constructs/query-api.ts';
import { ReadersTable } from '../../cdk/constructs/readers-table.ts';
import { SourcesTable } from '../../cdk/constructs/sources-table.ts';
import { TokenKeys } from '../../cdk/constructs/token-keys.ts';
import { TokensTable } from '../../cdk/constructs/tokens-table.ts';
import { WindowsTable } from '../../cdk/constructs/windows-table.ts';
import { BATCHING } from '../../cdk/settings/batching.ts';
import { authorizerOf } from './held-token.ts';

export const READER = 'token-of-a-reader';

export function readingStack(): Stack {
  const folder = fileURLToPath(new URL('./handlers', import.meta.url));
  const stack = new Stack(
    new App({ analyticsReporting: false, builtinCloudFormationValidation: false }),
    'Reading',
  );
  const asked = new LambdaFunction(stack, 'Authorizer', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromAsset(folder),
  });
  const tables = {
    sources: new SourcesTable(stack, 'Sources'),
    windows: new WindowsTable(stack, 'Windows'),
    readers: new ReadersTable(stack, 'Readers'),
    alerts: new AlertsTable(stack, 'Alerts'),
  };
  new QueryApi(stack, 'Query', {
    ...tables,
    codeFolder: folder,
    api: new RestApi(stack, 'Rest', { deployOptions: { stageName: 'api' }, cloudWatchRole: false }),
    authorizer: new RequestAuthorizer(stack, 'Readers-only', {
      handler: asked,
      identitySources: [IdentitySource.header('Authorization')],
    }),
    deadLetters: new DeadLettersTable(stack, 'DeadLetters'),
  });
  new LiveApi(stack, 'Live', {
    ...tables,
    codeFolders: { subscribe: folder, live: folder, 'hang-up': folder },
    authorizer: asked,
    live: new LiveTable(stack, 'LiveState'),
    tokens: new TokensTable(stack, 'Tokens'),
    keys: new TokenKeys(stack, 'TokenKeys'),
    hasAlerts: true,
    rollups: true,
    batching: BATCHING.balanced.telling,
    failures: new FailuresBucket(stack, 'Failures').bucket,
  });
  return stack;
}

/** What the authorizer's function answers. */
export function authorize(event: Record<string, unknown>): object {
  const headers = new Map(
    Object.entries(event['headers'] ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  const token = headers.get('authorization') ?? headers.get('sec-websocket-protocol') ?? '';
  const Effect = token.endsWith(READER) ? 'Allow' : 'Deny';
  const Statement = [{ Action: 'execute-api:Invoke', Effect, Resource: '*' }];
  return {
    principalId: 'reader',
    policyDocument: { Version: '2012-10-17', Statement },
    context: authorizerOf(),
  };
}
