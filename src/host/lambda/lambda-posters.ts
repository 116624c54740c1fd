import { createApiGatewayPoster } from '../../platform/api-gateway-poster.ts';
import { VARIABLE } from '../../platform/names.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

export function lambdaPosters(): Pick<FunctionHost, 'poster'> {
  return { poster: (name) => createApiGatewayPoster(readVariable(VARIABLE.poster(name), 'a URL')) };
}
