// The container of a synthesized stack's only task, as a process here: command, working folder and variables as its image's Dockerfile has them,
// environment, memory and read-only files as the template has them. What a process cannot have of a container: its user, and its share of a
// processor.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LOCAL_ACCOUNT_ID } from '../../src/local-stack/local-names.ts';
import { spawnOwned } from '../../src/local-stack/owned-process.ts';
import { asArray, asNumber, asObject, asText } from '../../src/local-stack/property.ts';
import { createResolver } from '../../src/local-stack/resolve-intrinsics.ts';
import type { Synthesis } from '../../src/local-stack/synthesis.ts';

export interface TaskContainer {
  readonly command: readonly string[];
  /** Where the command starts: what the image holds. */
  readonly folder: string;
  /** The image's, and the template's before them. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly hasReadonlyFiles: boolean;
}

/** `assembly`: the folder that `synthesis` was read from. @throws Error where there is what has no counterpart in a process */
export async function taskContainerIn(
  assembly: string,
  { stackName, template }: Synthesis,
  region: string,
): Promise<TaskContainer> {
  const tasks = [...template.resources].filter(([, { type }]) => type === 'AWS::ECS::TaskDefinition');
  const [id, task] = expectOne(tasks, 'task definition');
  const account = { stackName, region, accountId: LOCAL_ACCOUNT_ID };
  const resolveIn = createResolver(template, account);
  const { ContainerDefinitions, Memory } = asObject(resolveIn(task.properties, id), id);
  const container = asObject(expectOne(asArray(ContainerDefinitions, id), 'container'), id);
  const unknown = Object.keys(container).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0) throw new Error(`${id}: found ${unknown}, expected nothing that a process lacks`);
  const image = await imageOf(assembly, asText(container['Image'], `${id} Image`));
  const own = asArray(container['Environment'], `${id} Environment`).map((each) => {
    const { Name, Value } = asObject(each, id);
    return [asText(Name, id), asText(Value, id)] as const;
  });
  return {
    ...image,
    environment: { ...image.environment, ...Object.fromEntries(own) },
    memoryMb: asNumber(Memory, `${id} Memory`),
    hasReadonlyFiles: container['ReadonlyRootFilesystem'] === true,
  };
}

const KNOWN = new Set([
  'Environment',
  'Essential',
  'Image',
  'LogConfiguration',
  'Name',
  'ReadonlyRootFilesystem',
]);

async function imageOf(assembly: string, uri: string) {
  const manifest = join(assembly, 'Tidemill.assets.json');
  const { dockerImages } = JSON.parse(await readFile(manifest, 'utf8'));
  const tags = Object.keys(asObject(dockerImages, 'dockerImages')).filter((tag) => uri.endsWith(`:${tag}`));
  const { source } = asObject(asObject(dockerImages, 'dockerImages')[expectOne(tags, 'image')], uri);
  const folder = resolve(assembly, asText(asObject(source, uri)['directory'], uri));
  return { folder, ...readDockerfile(await readFile(join(folder, 'Dockerfile'), 'utf8'), folder) };
}

/** Its instructions one by one, each of a kind that is known here; paths in the image become those here. */
function readDockerfile(text: string, folder: string) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const rest = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const strange = lines.filter((line) => !/^(FROM|ENV|WORKDIR|COPY|USER|CMD) /.test(line));
  if (strange.length > 0) throw new Error(`Dockerfile: found ${strange}, expected what a process has`);
  const [from, home, copy] = ['FROM', 'WORKDIR', 'COPY'].map((name) => expectOne(rest(name), name));
  const [node] = process.versions.node.split('.');
  if (from?.includes(`/node:${node}-`) !== true || home === undefined || copy !== '. .')
    throw new Error(`Dockerfile: found ${lines}, expected Node ${node} and all in one folder`);
  const variables = rest('ENV').flatMap((line) => line.split(' ').map((each) => each.split('=')));
  return {
    command: asArray(JSON.parse(expectOne(rest('CMD'), 'CMD')), 'CMD').map(String),
    environment: Object.fromEntries(
      variables.map(([name = '', value = '']) => [name, value === home ? folder : value]),
    ),
  };
}

function expectOne<T>(found: readonly T[], what: string): T {
  const [only] = found;
  if (only !== undefined && found.length === 1) return only;
  throw new Error(`found ${found.length} times a ${what}, expected one`);
}

export interface EndedContainer {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Nothing of this process's environment gets in. `environment`: what the one who runs the task, and the machine, add to the template's. */
export async function startContainer(
  { command, folder, environment: own, memoryMb, hasReadonlyFiles }: TaskContainer,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly pid: number; readonly ended: Promise<EndedContainer> }> {
  const [program, ...args] = command;
  if (program !== 'node') throw new Error(`CMD: found ${program}, expected node`);
  const limits = [`--max-old-space-size=${memoryMb}`];
  if (hasReadonlyFiles) limits.push('--permission', '--allow-fs-read=*');
  const child = await spawnOwned(process.execPath, args, {
    cwd: folder,
    env: { ...own, ...environment, NODE_OPTIONS: limits.join(' ') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  const ended = new Promise<EndedContainer>((resolveEnd) => {
    child.once('close', (code, signal) => resolveEnd({ code, signal, ...said }));
  });
  return { pid: child.pid, ended };
}
