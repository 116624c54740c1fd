// Reads what a synth has written: the template, and where the code of its functions lies.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseTemplate } from '../local-stack/cloudformation-template.ts';
import { asArray, asObject, asText } from '../local-stack/property.ts';
import type { Synthesis } from '../local-stack/synthesis.ts';

/** `folder`: of a cloud assembly, absolute. Throws where it holds no such stack. */
export async function readAssembly(folder: string, stackName: string): Promise<Synthesis> {
  const read = async (file: string) => asObject(JSON.parse(await readFile(join(folder, file), 'utf8')), file);
  const artifacts = asObject((await read('manifest.json'))['artifacts'], 'artifacts');
  const stack = asObject(artifacts[stackName], `artifact ${stackName}`);
  const { templateFile } = asObject(stack['properties'], `${stackName} properties`);
  const codeFolders = new Map<string, string>();
  for (const id of asArray(stack['dependencies'] ?? [], `${stackName} dependencies`).map(String)) {
    const artifact = asObject(artifacts[id], `artifact ${id}`);
    if (artifact['type'] !== 'cdk:asset-manifest') continue;
    const { file } = asObject(artifact['properties'], `${id} properties`);
    addFolders(codeFolders, folder, await read(asText(file, `${id} file`)));
  }
  const template = parseTemplate(await read(asText(templateFile, 'templateFile')));
  return { stackName, template, codeFolders };
}

/** An asset manifest says for each file where it is and under which keys it would be uploaded. */
function addFolders(
  codeFolders: Map<string, string>,
  folder: string,
  manifest: Readonly<Record<string, unknown>>,
): void {
  for (const [id, file] of Object.entries(asObject(manifest['files'], 'asset manifest files'))) {
    const { source, destinations } = asObject(file, id);
    const path = asText(asObject(source, `${id} source`)['path'], `${id} source path`);
    for (const destination of asArray(Object.values(asObject(destinations, id)), id)) {
      codeFolders.set(asText(asObject(destination, id)['objectKey'], id), resolve(folder, path));
    }
  }
}
