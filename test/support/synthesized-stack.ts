import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { TidemillStack, type TidemillStackProps } from '../../cdk/stacks/tidemill-stack.ts';
import { byFunctionName } from './by-function-name.ts';
import { templateOf } from './template-of.ts';

/** The stack's template, with a folder of test handlers in place of each function's code. */
export function synthesizedStack(options: Omit<TidemillStackProps, 'code' | 'dashboard'> = {}): Template {
  const folder = fileURLToPath(new URL('./handlers', import.meta.url));
  const stack = new TidemillStack(
    new App({ analyticsReporting: false, builtinCloudFormationValidation: false }),
    'Tidemill',
    {
      ...options,
      code: byFunctionName(() => folder),
      dashboard: { pageFolder: folder, assetsFolder: folder },
    },
  );
  return templateOf(stack);
}
