// What an authorizer may know a request by.

/** `request`: what the API calls it, a method's or a route's. @throws where it is anything else */
export function readIdentitySource(source: string, request: 'method' | 'route', where: string): string {
  const form = new RegExp(
    `^(?:${request}\\.request\\.(?:header|querystring)|stageVariables|context)\\.\\S+$`,
  );
  if (form.test(source)) return source;
  throw new Error(
    `template, ${where}: found ${source}, expected a header, query string, stage variable or context`,
  );
}
