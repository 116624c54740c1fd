// Stacks of gateway tests: a REST API, a WebSocket API, functions that the test plays.
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { RestApi, type RestApiProps } from 'aws-cdk-lib/aws-apigateway';
import { CfnRouteResponse, WebSocketApi, WebSocketStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { WebSocketLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';

const HANDLERS = fileURLToPath(new URL('./handlers', import.meta.url));

export const gatewayStack = (): Stack =>
  new Stack(new App({ analyticsReporting: false, builtinCloudFormationValidation: false }), 'Test');

export const playedFunction = (stack: Stack, id: string): LambdaFunction =>
  new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    code: Code.fromAsset(HANDLERS),
    handler: 'obedient.handler',
  });

export const restApiIn = (stack: Stack, props: RestApiProps = {}): RestApi =>
  new RestApi(stack, 'Api', { deployOptions: { stageName: 'v1' }, cloudWatchRole: false, ...props });

/** One function, `Echo`, behind all routes; `responds`: with a route response each. */
export function webSocketStack(routes: readonly string[], expression?: string, responds = false): Stack {
  const stack = gatewayStack();
  const echo = playedFunction(stack, 'Echo');
  const api = new WebSocketApi(
    stack,
    'Socket',
    expression === undefined ? {} : { routeSelectionExpression: expression },
  );
  new WebSocketStage(stack, 'Stage', { webSocketApi: api, stageName: 'live', autoDeploy: true });
  for (const route of routes) {
    const id = `Integration${route.replace(/\W/g, '')}`;
    const added = api.addRoute(route, { integration: new WebSocketLambdaIntegration(id, echo) });
    if (!responds) continue;
    new CfnRouteResponse(stack, `${id}Response`, {
      apiId: api.apiId,
      routeId: added.routeId,
      routeResponseKey: '$default',
    });
  }
  return stack;
}
