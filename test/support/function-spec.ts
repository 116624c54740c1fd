import { fileURLToPath } from 'node:url';
import type { FunctionSpec } from '../../src/local-stack/read-function.ts';

/** A function of `test/support/handlers`, by default the one that does what its event says. */
export function functionSpec(overrides: Partial<FunctionSpec> = {}): FunctionSpec {
  return {
    logicalId: 'Function',
    name: 'Test-Function',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:Test-Function',
    codeFolder: fileURLToPath(new URL('./handlers', import.meta.url)),
    handler: 'obedient.handler',
    memoryMb: 512,
    timeoutMs: 60_000,
    environment: {},
    reservedConcurrency: undefined,
    ...overrides,
  };
}
