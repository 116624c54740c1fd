import { fileURLToPath } from 'node:url';
import { App } from 'aws-cdk-lib';
import type { Template } from 'aws-cdk-lib/assertions';
import { TidemillStack, type TidemillStackProps } from '../../cdk/stacks/tidemill-stack.ts';
import { byFunctionName } from './by-function-name.ts';
import { templateOf } from './template-of.ts';

type Options = Omit<TidemillStackProps, 'code' | 'dashboard' | 'loadFolder'>;

/** Those of this worker, by their options: files of one worker ask for the same again and again. */
const made = new Map<string, Template>();

/** The stack's template, with a folder of test handlers in place of each function's code. Not to be changed. */
export function synthesizedStack(options: Options = {}): Template {
  const key = JSON.stringify(options);
  const template = made.get(key) ?? templateOf(unsynthesizedStack(options));
  made.set(key, template);
  return template;
}

/** In an app of its own, or the one given; not yet checked by its rules. */
export function unsynthesizedStack(options: Options = {}, app = bareApp()): TidemillStack {
  const folder = fileURLToPath(new URL('./handlers', import.meta.url));
  return new TidemillStack(app, options.stackName ?? 'Tidemill', {
    ...options,
    code: byFunctionName(() => folder),
    dashboard: { pageFolder: folder, assetsFolder: folder },
    loadFolder: folder,
  });
}

export const bareApp = () => new App({ analyticsReporting: false, builtinCloudFormationValidation: false });
