// By day by SIGKILL (integration/local-servers.test.ts), which leaves no time to end anything.
import { it } from 'vitest';
import { expectNoneLeftBehind } from '../support/none-left-behind.ts';

it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])(
  'a process that started servers and functions leaves none behind when it ends by %s',
  expectNoneLeftBehind,
);
