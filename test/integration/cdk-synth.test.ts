import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('the CDK command line synthesizes the stack without credentials, network or Docker', async () => {
  const folder = await temporaryFolder();
  const nowhere = 'http://127.0.0.1:9';
  const { stdout } = await promisify(execFile)('npx', ['--no-install', 'cdk', 'synth', '--output', folder], {
    env: {
      PATH: process.env['PATH'],
      TMPDIR: process.env['TMPDIR'],
      HOME: folder,
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
      CI: 'true',
    },
    maxBuffer: 16 * 1024 * 1024,
  });
  expect(stdout).toContain('AWS::Lambda::EventSourceMapping');
});
