// Synthesizes the stack in this process, without credentials or network: the template is what the local run follows.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { addTidemill, type TidemillOptions } from '../../cdk/add-tidemill.ts';
import { createApp } from '../../cdk/create-app.ts';
import { parseTemplate } from '../local-stack/cloudformation-template.ts';
import { asArray, asObject, asText } from '../local-stack/property.ts';
import type { Synthesis } from '../local-stack/synthesis.ts';
import { STACK_NAME } from '../platform/names.ts';

export interface SynthesizeOptions extends Omit<TidemillOptions, 'stackName'> {
  /** Where template and code go; what an earlier run left there is overwritten. */
  readonly outFolder: string;
}

/** Throws what the stack's own rules, the bundler or the CDK object to. */
export async function synthesize(options: SynthesizeOptions): Promise<Synthesis> {
  const outFolder = resolve(options.outFolder);
  const app = createApp(outFolder);
  const stack = await addTidemill(app, { sourceMaps: false, ...options, stackName: STACK_NAME });
  const assembly = app.synth();
  const { template, dependencies } = assembly.getStackArtifact(stack.artifactId);
  const manifests = dependencies.filter((artifact) => artifact.manifest.type === 'cdk:asset-manifest');
  const codeFolders = new Map<string, string>();
  for (const { manifest } of manifests) {
    const { file } = asObject(manifest.properties, 'asset manifest');
    await addFolders(codeFolders, outFolder, asText(file, 'asset manifest file'));
  }
  return { stackName: STACK_NAME, template: parseTemplate(template), codeFolders };
}

/** An asset manifest says for each file where it is and under which keys it would be uploaded. */
async function addFolders(codeFolders: Map<string, string>, outFolder: string, manifestFile: string) {
  const manifest = asObject(JSON.parse(await readFile(join(outFolder, manifestFile), 'utf8')), manifestFile);
  for (const [id, file] of Object.entries(asObject(manifest['files'], `${manifestFile} files`))) {
    const { source, destinations } = asObject(file, id);
    const path = asText(asObject(source, `${id} source`)['path'], `${id} source path`);
    for (const destination of asArray(Object.values(asObject(destinations, id)), id)) {
      codeFolders.set(asText(asObject(destination, id)['objectKey'], id), resolve(outFolder, path));
    }
  }
}
