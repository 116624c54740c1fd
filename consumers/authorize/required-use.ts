// Which use of a token a route asks for. What is not named here is open to nobody.
import type { TokenUse } from '../../src/core/access-token.ts';
import { EVENTS_PATH, RELAY_EVENTS_PATH } from '../../src/platform/door.ts';

export function requiredUse(request: {
  readonly resource?: string;
  readonly httpMethod?: string;
  readonly requestContext?: { readonly eventType?: string } | null;
}): TokenUse | undefined {
  if (request.requestContext?.eventType === 'CONNECT') return 'reader';
  if (request.httpMethod === 'POST') {
    if (request.resource === EVENTS_PATH) return 'device';
    if (request.resource === RELAY_EVENTS_PATH) return 'relay';
    return undefined;
  }
  return request.httpMethod === 'GET' ? 'reader' : undefined;
}
