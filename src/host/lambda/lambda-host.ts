// What every function has on Lambda. The rest is a file each beside this one, so that a function's bundle holds the clients
// that the function uses and no other: `wire({ ...lambdaHost(), ...lambdaTables() })`.
import { systemClock } from '../../platform/clock.ts';
import { VARIABLE } from '../../platform/names.ts';
import { createLog, createMeter } from '../../platform/powertools.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

export function lambdaHost(): Pick<
  FunctionHost,
  'log' | 'meter' | 'clock' | 'memoryMb' | 'random' | 'setting' | 'option'
> {
  return {
    log: createLog(),
    meter: createMeter(),
    clock: systemClock,
    memoryMb: readMemory,
    random: Math.random,
    setting: (name) => readVariable(VARIABLE.setting(name), 'a text'),
    option: (name) => process.env[VARIABLE.setting(name)] || undefined,
  };
}

/** Lambda says it itself. */
const MEMORY = 'AWS_LAMBDA_FUNCTION_MEMORY_SIZE';

function readMemory(): number {
  const text = readVariable(MEMORY, 'the memory of the function in MB');
  if (!/^[1-9]\d*$/.test(text))
    throw new Error(
      `environment variable ${MEMORY}: found ${JSON.stringify(text)}, expected MB, a whole number`,
    );
  return Number(text);
}
