// What a local stack is made from, as its caller has it: a CDK app, what a synth has written, or a template alone.
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type CloudFormationTemplate, parseTemplate } from './cloudformation-template.ts';
import { isObject } from './property.ts';
import { readAssembly } from './read-assembly.ts';
import type { FunctionSpec } from './read-function.ts';
import { runApp } from './run-app.ts';
import { RuntimeError } from './runtime-error.ts';
import type { Synthesis } from './synthesis.ts';

/** One of these. Paths are relative to the current folder. */
export type StackSource =
  | {
      /** Folder of a CDK app, with its `cdk.json`: it is run as by `cdk synth`, without credentials. */
      readonly app: string;
      /** As `cdk synth -c key=value`. */
      readonly context?: Readonly<Record<string, string>>;
      /** Which of the app's stacks, by its id; default: the only one. */
      readonly stack?: string;
    }
  | {
      /** What a synth has written, `cdk.out` say: `app.synth().directory` where the app is made in the test. */
      readonly assembly: string;
      readonly stack?: string;
    }
  | {
      /** A CloudFormation template, or the path of one in JSON. */
      readonly template: string | object;
      /** Folder of each function's code, by its logical id; those with their code in the template need none. */
      readonly code?: Readonly<Record<string, string>>;
    };

/** `workFolder`: gets what is written to be read again. @throws RuntimeError, or Error with the place in the template */
export async function readSource(
  source: StackSource,
  { workFolder, region }: { readonly workFolder: string; readonly region: string },
): Promise<Synthesis> {
  const synthesis = await synthesisOf(source, workFolder, region);
  const inline = await writeInlineCode(synthesis.template, join(workFolder, 'inline'));
  return { ...synthesis, codeFolders: new Map([...inline, ...synthesis.codeFolders]) };
}

async function synthesisOf(source: StackSource, workFolder: string, region: string): Promise<Synthesis> {
  if ('app' in source) {
    const outFolder = join(workFolder, 'cdk.out');
    const { context = {} } = source;
    await runApp({ folder: resolve(source.app), outFolder, region, context });
    return await readAssembly(outFolder, source.stack);
  }
  if ('assembly' in source) return await readAssembly(resolve(source.assembly), source.stack);
  if (!('template' in source)) {
    throw new RuntimeError('source', 'found no source, expected one of `app`, `assembly` and `template`');
  }
  const { template, code = {} } = source;
  const codeFolders = new Map(Object.entries(code).map(([id, folder]) => [id, resolve(folder)] as const));
  const parsed = parseTemplate(typeof template === 'string' ? await readJson(template) : template);
  const stranger = [...codeFolders.keys()].find((id) => !parsed.resources.has(id));
  if (stranger !== undefined) {
    throw new RuntimeError('source', `code: found ${stranger}, expected logical ids of the template`);
  }
  return { stackName: 'Stack', template: parsed, codeFolders };
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RuntimeError('source', `the template ${file} cannot be read as JSON: ${reason}`, { cause });
  }
}

/** CloudFormation puts such code into a file named index. Returns folders by the functions' logical ids. */
async function writeInlineCode(
  { resources }: CloudFormationTemplate,
  folder: string,
): Promise<readonly (readonly [string, string])[]> {
  const written: (readonly [string, string])[] = [];
  for (const [logicalId, { type, properties }] of resources) {
    const code = properties['Code'];
    if (type !== 'AWS::Lambda::Function' || !isObject(code) || typeof code['ZipFile'] !== 'string') continue;
    const own = join(folder, logicalId);
    await mkdir(own, { recursive: true });
    await writeFile(join(own, 'index.js'), code['ZipFile']);
    written.push([logicalId, own]);
  }
  return written;
}

/** @throws RuntimeError that names the function whose code is no folder */
export async function checkCodeFolders(functions: readonly FunctionSpec[]): Promise<void> {
  for (const { logicalId, codeFolder } of functions) {
    const isFolder = await stat(codeFolder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) continue;
    throw new RuntimeError(
      'source',
      `function ${logicalId}: found the code ${codeFolder}, expected a folder that is there: archives and images do not run locally`,
    );
  }
}
