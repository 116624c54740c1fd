// What every function has on Lambda. The rest is a file each beside this one, so that a function's bundle holds the clients
// that the function uses and no other: `wire({ ...lambdaHost(), ...lambdaTables() })`.
import { systemClock } from '../../platform/clock.ts';
import { VARIABLE } from '../../platform/names.ts';
import { createLog, createMeter } from '../../platform/powertools.ts';
import type { FunctionHost } from '../function-host.ts';
import { readVariable } from './read-variable.ts';

export function lambdaHost(): Pick<
  FunctionHost,
  'log' | 'meter' | 'clock' | 'random' | 'setting' | 'option'
> {
  return {
    log: createLog(),
    meter: createMeter(),
    clock: systemClock,
    random: Math.random,
    setting: (name) => readVariable(VARIABLE.setting(name), 'a text'),
    option: (name) => process.env[VARIABLE.setting(name)] || undefined,
  };
}
