import { expect, it } from 'vitest';
import { synthByCommand } from '../support/synth-by-command.ts';

it('the template follows the rules of CloudFormation, which the CDK command line asks', async () => {
  const { stdout, stderr } = await synthByCommand();
  expect(stdout).toContain('AWS::Lambda::EventSourceMapping');
  expect(stderr).not.toMatch(/validation found issues/);
});
