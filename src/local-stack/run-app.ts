// Runs a CDK app as the `cdk` command does for a synth, without credentials and without that command.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LOCAL_ACCOUNT_ID } from './local-names.ts';
import { spawnOwned } from './owned-process.ts';
import { asArray, asObject, asText, ifPresent } from './property.ts';
import { RuntimeError } from './runtime-error.ts';

export interface AppToRun {
  /** Where `cdk.json` is. */
  readonly folder: string;
  /** Where the assembly goes, absolute. */
  readonly outFolder: string;
  readonly region: string;
  /** As `cdk synth -c key=value`; stands before what `cdk.json` has. */
  readonly context: Readonly<Record<string, string>>;
}

/** @throws RuntimeError where there is no app, it fails, or needs to look something up in an account */
export async function runApp({ folder, outFolder, region, context }: AppToRun): Promise<void> {
  const settings = await readJson(join(folder, 'cdk.json'), 'needed');
  const command = asText(settings['app'], `${join(folder, 'cdk.json')}, app`);
  const all = {
    ...ifPresent(settings['context'], asObject, 'cdk.json, context'),
    ...(await readJson(join(folder, 'cdk.context.json'), 'optional')),
    ...context,
  };
  const child = await spawnOwned('/bin/sh', ['-c', command], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      CDK_OUTDIR: outFolder,
      CDK_CONTEXT_JSON: JSON.stringify(all),
      CDK_DEFAULT_ACCOUNT: LOCAL_ACCOUNT_ID,
      CDK_DEFAULT_REGION: region,
    },
  });
  const lastLines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    createInterface({ input: output }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > LINES_KEPT) lastLines.shift();
    });
  }
  const how = await new Promise<number | string>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? String(signal))),
  );
  if (how !== 0) {
    const message = `the CDK app in ${folder} (${command}) ended with ${how}. Its last words:\n${lastLines.join('\n')}`;
    throw new RuntimeError('app', message);
  }
  await refuseLookups(outFolder, folder);
}

const LINES_KEPT = 40;

/** What an app would have looked up in an account stands as a made-up value in its template. */
async function refuseLookups(outFolder: string, folder: string): Promise<void> {
  const manifest = await readJson(join(outFolder, 'manifest.json'), 'needed');
  const missing = (ifPresent(manifest['missing'], asArray, 'manifest.json, missing') ?? []).map((each) =>
    String(asObject(each, 'missing')['key']),
  );
  if (missing.length === 0) return;
  const message = `the CDK app in ${folder} looks up ${missing.join(', ')} in an account. Put the values into its cdk.context.json (cdk synth does), or into \`context\``;
  throw new RuntimeError('app', message);
}

async function readJson(
  file: string,
  need: 'needed' | 'optional',
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return asObject(JSON.parse(await readFile(file, 'utf8')), file);
  } catch (cause) {
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    if (isMissing && need === 'optional') return {};
    const reason = isMissing ? 'there is no such file' : String(cause);
    throw new RuntimeError('app', `${file} cannot be read: ${reason}`, { cause });
  }
}
