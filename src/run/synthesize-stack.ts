// Synthesizes the stack in this process, without credentials or network. Loading the CDK alone takes a second: whoever has the
// assembly already need not.
import { addTidemill, type TidemillOptions } from '../../cdk/add-tidemill.ts';
import { createApp } from '../../cdk/create-app.ts';
import { STACK_NAME } from '../platform/names.ts';

export interface SynthesizeOptions extends Omit<TidemillOptions, 'stackName'> {
  /** Where template and code go, absolute; what an earlier run left there is overwritten. */
  readonly outFolder: string;
}

/** Throws what the stack's own rules, the bundler or the CDK object to. */
export async function synthesizeStack(options: SynthesizeOptions): Promise<void> {
  const app = createApp(options.outFolder);
  await addTidemill(app, { sourceMaps: false, ...options, stackName: STACK_NAME });
  app.synth();
}
