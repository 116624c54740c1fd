import { ARCHIVE_FUNCTIONS, FUNCTION_NAMES, type FunctionName } from '../../src/platform/names.ts';

const archive: readonly FunctionName[] = ARCHIVE_FUNCTIONS;

/** Functions of a stack in which nothing is switched on that is off by default. */
export const DEFAULT_FUNCTIONS = FUNCTION_NAMES.filter((name) => !archive.includes(name));
