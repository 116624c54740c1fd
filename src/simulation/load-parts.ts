// Parts in place of the real ones, for whoever wants to see what a simulation finds: by a module's URL, since the threads that
// run the seeds can be handed no functions.
import { loadOwnFunctions } from './own-function.ts';
import type { Replacements } from './simulated-system.ts';

/** The module's `replacements`; without a module the real parts, functions of one's own among them. @throws Error for a module that exports none */
export async function loadParts(moduleUrl: string | undefined): Promise<Replacements> {
  if (moduleUrl === undefined) return { own: await loadOwnFunctions() };
  const { replacements }: { readonly replacements?: Replacements } = await import(moduleUrl);
  if (replacements === undefined) throw new Error(`${moduleUrl}: found no export named replacements`);
  return replacements;
}
