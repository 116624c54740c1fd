// Bundles the functions and the dashboard and adds the stack to an app: one way in for `cdk deploy`, tests and the local runtime.
import type { App } from 'aws-cdk-lib';
import { FUNCTION_NAMES, type FunctionName, OWN_FUNCTIONS } from '../src/platform/names.ts';
import { buildBundles } from './build-bundles.ts';
import type { BundleOptions } from './bundle.ts';
import { bundleLoad } from './bundle-load.ts';
import { needsOf } from './needs-of.ts';
import { TidemillStack, type TidemillStackOptions } from './stacks/tidemill-stack.ts';

export interface TidemillOptions extends TidemillStackOptions, BundleOptions {
  readonly stackName: string;
}

export async function addTidemill(app: App, options: TidemillOptions): Promise<TidemillStack> {
  const { functions, dashboard } = await buildBundles(options);
  const loadFolder = options.load === true ? await bundleLoad(options) : undefined;
  const folders = FUNCTION_NAMES.map((name) => [name, functions[name].folder] as const);
  // Every name has its entry: they are made of the names.
  const code = Object.fromEntries(folders) as Record<FunctionName, string>;
  const { stackName, pipeline, ...rest } = options;
  const stack = new TidemillStack(app, stackName, {
    ...rest,
    ...needsOf(pipeline),
    code,
    dashboard,
    loadFolder,
  });
  for (const name of OWN_FUNCTIONS) await addOwnFunction(name, stack, options);
  return stack;
}

/** A construct of one's own: `cdk/own/<name>.ts` exports `add`. */
async function addOwnFunction(
  name: string,
  stack: TidemillStack,
  options: TidemillStackOptions,
): Promise<void> {
  const module: Readonly<Record<string, unknown>> = await import(`./own/${name}.ts`);
  const add = module['add'];
  if (typeof add !== 'function')
    throw new Error(`cdk/own/${name}.ts: found no function named add among its exports, expected one`);
  await add(stack, options);
}
