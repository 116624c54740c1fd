import { fileURLToPath } from 'node:url';
import { byFunctionName } from './by-function-name.ts';

const echo = fileURLToPath(new URL('./handlers/echo.ts', import.meta.url));

/** Entry modules that answer with their event, in place of the consumers. */
export const ECHO_HANDLERS = byFunctionName(() => echo);
