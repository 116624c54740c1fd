import { FUNCTION_NAMES, type FunctionName } from '../../src/platform/names.ts';

/** Something for each function there is. */
export function byFunctionName<T>(make: (name: FunctionName) => T): Readonly<Record<FunctionName, T>> {
  // Every name has its entry: they are made of the names.
  return Object.fromEntries(FUNCTION_NAMES.map((name) => [name, make(name)])) as Record<FunctionName, T>;
}
