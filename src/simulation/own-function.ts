// Functions of one's own in the simulation: those of the list in src/platform/names.ts, as their `wire.ts` has them.
import type { FunctionHost } from '../host/function-host.ts';
import type { OwnSimulation } from '../host/own-simulation.ts';
import { OWN_FUNCTIONS } from '../platform/names.ts';
import type { Handler } from './simulated-function.ts';

export interface OwnFunction {
  readonly name: string;
  readonly wire: (host: FunctionHost) => Handler;
  readonly simulation: OwnSimulation;
}

/** @throws Error where the list names a function without a `wire.ts` that exports `wire` */
export async function loadOwnFunctions(
  names: readonly string[] = OWN_FUNCTIONS,
): Promise<readonly OwnFunction[]> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const all = names.map(async (name): Promise<OwnFunction> => {
    const file = `consumers/${name}/wire.${ending}`;
    const module: OwnModule = await import(new URL(`../../${file}`, import.meta.url).href);
    const { wire, simulation = {} } = module;
    if (wire === undefined)
      throw new Error(`${file}: found no function named wire among its exports, expected one`);
    return { name, wire, simulation };
  });
  return (await Promise.all(all)).filter(({ simulation }) => simulation.reads !== 'nothing');
}

interface OwnModule {
  readonly wire?: OwnFunction['wire'];
  readonly simulation?: OwnSimulation;
}
