// Which use of a token a route asks for. What is not named here is open to nobody.
import type { TokenUse } from '../../src/core/access-token.ts';
import { EVENTS_PATH, RELAY_EVENTS_PATH, RETIREMENT_PATH } from '../../src/platform/door.ts';

export function requiredUse(request: {
  readonly resource?: string;
  readonly httpMethod?: string;
  readonly requestContext?: { readonly eventType?: string } | null;
}): TokenUse | undefined {
  if (request.requestContext?.eventType === 'CONNECT') return 'reader';
  if (request.httpMethod === 'POST') {
    if (isAtOrBelow(request.resource, EVENTS_PATH)) return 'device';
    if (isAtOrBelow(request.resource, RELAY_EVENTS_PATH)) return 'relay';
    return request.resource === RETIREMENT_PATH ? 'operator' : undefined;
  }
  return request.httpMethod === 'GET' ? 'reader' : undefined;
}

/** Below are the routes for bodies in other forms. */
function isAtOrBelow(resource: string | undefined, path: string): boolean {
  return resource === path || resource?.startsWith(`${path}/`) === true;
}
