// aws-lambda-stream loads the clients of every service it can work with, of which these have no part in what is timed:
// empty ones are put in their place.
import { registerHooks } from 'node:module';

const ABSENT = new Set(['@aws-sdk/client-s3', '@aws-sdk/client-kms', '@aws-sdk/client-eventbridge']);
const ABSENT_URL = 'absent:client';
/** Whatever is imported from it is a class that can be made and does nothing. */
const ABSENT_SOURCE = `module.exports = new Proxy({}, { get: (_, name) => name === '__esModule' || class {} });`;

/** Until the function given back is called. */
export function putAbsentClients(): () => void {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      ABSENT.has(specifier)
        ? { url: ABSENT_URL, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url === ABSENT_URL
        ? { format: 'commonjs', source: ABSENT_SOURCE, shortCircuit: true }
        : next(url, context),
  });
  return () => hooks.deregister();
}
