// The functions' code and the dashboard: what every stack of these sources has alike.

import type { FunctionName } from '../src/platform/names.ts';
import { type BundleOptions, bundleFunctions, type FunctionBundle } from './bundle.ts';
import { bundleDashboard, type DashboardBundle } from './bundle-dashboard.ts';

export interface Bundles {
  readonly functions: Readonly<Record<FunctionName, FunctionBundle>>;
  readonly dashboard: DashboardBundle;
}

/** Both in `bundleFolder`. @throws what the bundler objects to */
export async function buildBundles(options: BundleOptions): Promise<Bundles> {
  return { functions: await bundleFunctions(options), dashboard: await bundleDashboard(options) };
}
