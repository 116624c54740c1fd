import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary-folder.ts';

/** `cdk synth` as a user calls it, where there are no credentials and no network; `environment` is what it has besides. */
export async function synthByCommand(environment: Readonly<Record<string, string>> = {}) {
  const folder = await temporaryFolder();
  const nowhere = 'http://127.0.0.1:9';
  return await promisify(execFile)('npx', ['--no-install', 'cdk', 'synth', '--output', folder], {
    env: {
      PATH: process.env['PATH'],
      TMPDIR: process.env['TMPDIR'],
      HOME: folder,
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
      CI: 'true',
      ...environment,
    },
    maxBuffer: 16 * 1024 * 1024,
  });
}
