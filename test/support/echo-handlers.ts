import { fileURLToPath } from 'node:url';

const echo = fileURLToPath(new URL('./handlers/echo.ts', import.meta.url));

/** Entry modules that answer with their event, in place of the consumers. */
export const ECHO_HANDLERS = {
  aggregate: echo,
  rollup: echo,
  close: echo,
  alert: echo,
  'alert-clock': echo,
  publish: echo,
};
