// Bundles the functions and adds the stack to an app: one way in for `cdk deploy`, tests and the local runtime.
import type { App } from 'aws-cdk-lib';
import { alertsIn } from './alerts-in.ts';
import { type BundleOptions, bundleFunctions } from './bundle.ts';
import { TidemillStack, type TidemillStackOptions } from './stacks/tidemill-stack.ts';

export interface TidemillOptions extends TidemillStackOptions, BundleOptions {
  readonly stackName: string;
}

export async function addTidemill(app: App, options: TidemillOptions): Promise<TidemillStack> {
  const bundles = await bundleFunctions(options);
  const code = {
    aggregate: bundles.aggregate.folder,
    rollup: bundles.rollup.folder,
    close: bundles.close.folder,
    alert: bundles.alert.folder,
    'alert-clock': bundles['alert-clock'].folder,
    publish: bundles.publish.folder,
  };
  return new TidemillStack(app, options.stackName, { ...options, alerts: alertsIn(options.pipeline), code });
}
