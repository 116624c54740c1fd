// Bundles the functions and the dashboard and adds the stack to an app: one way in for `cdk deploy`, tests and the local runtime.
import type { App } from 'aws-cdk-lib';
import { FUNCTION_NAMES, type FunctionName } from '../src/platform/names.ts';
import { type BundleOptions, bundleFunctions } from './bundle.ts';
import { bundleDashboard } from './bundle-dashboard.ts';
import { needsOf } from './needs-of.ts';
import { TidemillStack, type TidemillStackOptions } from './stacks/tidemill-stack.ts';

export interface TidemillOptions extends TidemillStackOptions, BundleOptions {
  readonly stackName: string;
}

export async function addTidemill(app: App, options: TidemillOptions): Promise<TidemillStack> {
  const bundles = await bundleFunctions(options);
  const dashboard = await bundleDashboard(options);
  const folders = FUNCTION_NAMES.map((name) => [name, bundles[name].folder] as const);
  // Every name has its entry: they are made of the names.
  const code = Object.fromEntries(folders) as Record<FunctionName, string>;
  const { stackName, pipeline, ...rest } = options;
  return new TidemillStack(app, stackName, {
    ...rest,
    ...needsOf(pipeline),
    code,
    dashboard,
  });
}
