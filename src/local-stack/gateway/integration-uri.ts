// What an integration URI of API Gateway points to.

export type IntegrationTarget =
  | { readonly kind: 'function'; readonly functionArn: string }
  | { readonly kind: 'service'; readonly service: string; readonly action: string };

/** Throws for URIs that nothing stands behind locally. */
export function parseIntegrationUri(uri: string, where: string): IntegrationTarget {
  if (uri.includes('${stageVariables'))
    throw new Error(`template, ${where}: found ${uri}, expected no stage variable: none runs locally there`);
  const [, functionArn] =
    /^arn:[^:]+:apigateway:[^:]+:lambda:path\/2015-03-31\/functions\/(.+)\/invocations$/.exec(uri) ?? [];
  if (functionArn !== undefined) return { kind: 'function', functionArn };
  const [, service, action] = /^arn:[^:]+:apigateway:[^:]+:([a-z0-9.-]+):action\/(\w+)$/.exec(uri) ?? [];
  if (service !== undefined && action !== undefined) return { kind: 'service', service, action };
  throw new Error(
    `template, ${where}: found ${uri}, expected a Lambda function's invocation or an action of a service: nothing else runs locally`,
  );
}
