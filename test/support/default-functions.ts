import { FUNCTION_NAMES, type FunctionName, OPTIONAL_FUNCTIONS } from '../../src/platform/names.ts';

const optional: readonly FunctionName[] = OPTIONAL_FUNCTIONS;

/** Functions of a stack in which nothing is switched on that is off by default. */
export const DEFAULT_FUNCTIONS = FUNCTION_NAMES.filter((name) => !optional.includes(name));
