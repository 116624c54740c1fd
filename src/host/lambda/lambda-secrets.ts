import { VARIABLE } from '../../platform/names.ts';
import { createSecrets } from '../../platform/secrets.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

export function lambdaSecrets(): Pick<FunctionHost, 'secret'> {
  const secrets = createSecrets();
  return {
    secret: (name) => {
      const id = readVariable(VARIABLE.secret(name), 'the ARN of a secret');
      return () => secrets.read(id);
    },
  };
}
