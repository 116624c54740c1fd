import { expect, it } from 'vitest';
import { synthByCommand } from '../support/synth-by-command.ts';

it('the CDK command line synthesizes the stack without credentials, network or Docker', async () => {
  // The rules of CloudFormation take longer than all the rest: they are asked by night (test/nightly/cdk-synth.test.ts).
  const { stdout } = await synthByCommand({ CDK_VALIDATION: 'false' });
  expect(stdout).toContain('AWS::Lambda::EventSourceMapping');
});
