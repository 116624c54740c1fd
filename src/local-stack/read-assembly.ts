// Reads what a synth has written: the template, and where the code of its functions lies.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseTemplate } from './cloudformation-template.ts';
import { asArray, asObject, asText, ifPresent } from './property.ts';
import { RuntimeError } from './runtime-error.ts';
import type { Synthesis } from './synthesis.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * `folder`: of a cloud assembly, absolute. `stack`: its id or its name; default: the only one.
 * @throws RuntimeError where it holds no such stack, Error where it is no assembly
 */
export async function readAssembly(folder: string, stack?: string): Promise<Synthesis> {
  const read = async (file: string) => asObject(JSON.parse(await readFile(join(folder, file), 'utf8')), file);
  const artifacts = asObject((await read('manifest.json'))['artifacts'], 'artifacts');
  const { id, stackName, artifact } = chooseStack(artifacts, stack, folder);
  const { templateFile } = asObject(artifact['properties'], `${id} properties`);
  const codeFolders = new Map<string, string>();
  for (const needed of asArray(artifact['dependencies'] ?? [], `${id} dependencies`).map(String)) {
    const asset = asObject(artifacts[needed], `artifact ${needed}`);
    if (asset['type'] !== 'cdk:asset-manifest') continue;
    const { file } = asObject(asset['properties'], `${needed} properties`);
    addFolders(codeFolders, folder, await read(asText(file, `${needed} file`)));
  }
  const template = parseTemplate(await read(asText(templateFile, 'templateFile')));
  return { stackName, template, codeFolders };
}

function chooseStack(
  artifacts: Json,
  wanted: string | undefined,
  folder: string,
): { readonly id: string; readonly stackName: string; readonly artifact: Json } {
  const stacks = Object.entries(artifacts)
    .map(([id, value]) => ({ id, artifact: asObject(value, `artifact ${id}`) }))
    .filter(({ artifact }) => artifact['type'] === 'aws:cloudformation:stack')
    .map(({ id, artifact }) => {
      const properties = asObject(artifact['properties'], `${id} properties`);
      return { id, artifact, stackName: ifPresent(properties['stackName'], asText, `${id} stackName`) ?? id };
    });
  const found = stacks.filter(
    ({ id, stackName }) => wanted === undefined || wanted === id || wanted === stackName,
  );
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  const names = stacks.map(({ id }) => id).join(', ');
  throw new RuntimeError(
    'stack',
    `${folder}: found the stacks ${names === '' ? '(none)' : names}, expected ${wanted ?? 'one, or to be told which by `stack`'}`,
  );
}

/** An asset manifest says for each file where it is and under which keys it would be uploaded. */
function addFolders(codeFolders: Map<string, string>, folder: string, manifest: Json): void {
  for (const [id, file] of Object.entries(asObject(manifest['files'], 'asset manifest files'))) {
    const { source, destinations } = asObject(file, id);
    const path = asText(asObject(source, `${id} source`)['path'], `${id} source path`);
    for (const destination of asArray(Object.values(asObject(destinations, id)), id)) {
      codeFolders.set(asText(asObject(destination, id)['objectKey'], id), resolve(folder, path));
    }
  }
}
