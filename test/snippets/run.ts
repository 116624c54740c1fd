// Types the snippets that documents and doc comments show, each as a module of its own: TypeScript blocks of the documents, unless
// they name the file that they are (a test writes and runs those), and what follows `@example`. A part of `npm run check`.
import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectFolder } from '../../src/platform/project-folder.ts';

interface Snippet {
  /** From the project's folder. */
  readonly file: string;
  /** Line of the file that the snippet's first line is. */
  readonly line: number;
  readonly code: string;
}

const PROJECT = projectFolder();
const FOLDER = join(PROJECT, 'node_modules', '.cache', 'tidemill-snippets');
/** From there to the project's folder. */
const UP = '../../..';

/** What snippets leave to the reader: each name is declared in those that use it and neither import nor declare it. */
const GIVEN: Readonly<Record<string, string>> = {
  KinesisClient: "import { KinesisClient } from '@aws-sdk/client-kinesis';",
  NodeHttpHandler: "import { NodeHttpHandler } from '@smithy/node-http-handler';",
  Windows: `import { Windows } from '${UP}/src/stores/windows.ts';`,
  VirtualClock: `import { VirtualClock } from '${UP}/src/event-source/virtual-clock.ts';`,
  createKinesisSink: `import { createKinesisSink } from '${UP}/producers/client/kinesis-sink.ts';`,
  createPipelineTest: `import { createPipelineTest } from '${UP}/src/testing/pipeline-test.ts';`,
  defineSettings: `import { defineSettings } from '${UP}/cdk/settings/definition.ts';`,
  MemoryStream: `import { MemoryStream } from '${UP}/src/event-source/memory-stream.ts';`,
  ShardId: `import type { SequenceNumber, ShardId } from '${UP}/src/core/brands.ts';`,
  clock: `declare const clock: import('${UP}/src/platform/clock.ts').Clock;`,
  createMine:
    "declare function createMine(deps: { windows: Windows; log: FunctionHost['log'] }): (event: unknown) => unknown;",
  definition: `declare const definition: import('${UP}/src/core/pipeline/definition.ts').PipelineDefinition;`,
  draw: 'declare function draw(rows: readonly unknown[]): void;',
  fetchToken: 'declare function fetchToken(): Promise<string>;',
  handler: `declare const handler: import('${UP}/src/event-source/test-driver.ts').MappingTestOptions['handler'];`,
  live: `declare const live: import('${UP}/src/live-client/live-client.ts').LiveClient;`,
  readToken: 'declare function readToken(): string;',
  test: `declare const test: import('${UP}/src/testing/pipeline-test.ts').PipelineTest;`,
  token: 'declare const token: string;',
};

/** The same for the examples of one file. */
const GIVEN_IN: Readonly<Record<string, string>> = {
  'src/event-source/event-source-mapping.ts':
    'declare const parameters: Parameters<typeof startEventSourceMapping>[0]; declare const deps: Parameters<typeof startEventSourceMapping>[1];',
  'src/event-source/mapping-service.ts': 'declare const deps: MappingServiceDeps;',
};

function inDocuments(): readonly Snippet[] {
  return globSync(['README.md', 'CONTRIBUTING.md', 'docs/*.md', 'src/*/README.md'], { cwd: PROJECT }).flatMap(
    (file) => {
      const text = readFileSync(join(PROJECT, file), 'utf8');
      return [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map((found) => ({
        file,
        line: lineAt(text, found.index) + 1,
        code: found[1] ?? '',
      }));
    },
  );
}

function inComments(): readonly Snippet[] {
  // Packages are built into `lib` folders among the sources.
  const files = globSync(['{src,consumers,producers,cdk}/**/*.ts'], {
    cwd: PROJECT,
    exclude: ['src/*/lib/**'],
  });
  return files.flatMap((file) => {
    const text = readFileSync(join(PROJECT, file), 'utf8');
    const examples = [...text.matchAll(/^ *\* @example ?(.*\n(?: *\* (?!@).*\n)*)/gm)];
    if (examples.length === 0) return [];
    const own = [
      ...text.matchAll(/^export (?:abstract )?(?:async )?(?:class|const|function|interface|type) (\w+)/gm),
    ];
    const imported = `import { ${own.map(([, name]) => name).join(', ')} } from '${UP}/${file}';`;
    return examples.map((found) => ({
      file,
      line: lineAt(text, found.index),
      code: `${imported} ${GIVEN_IN[file] ?? ''} ${(found[1] ?? '').replaceAll(/^ *\* ?/gm, '')}`,
    }));
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** One line, so that the lines of the rest stay what they are. */
function givenTo(code: string): string {
  const isUsed = (name: string) => new RegExp(`\\b${name}\\b`).test(code);
  const isDeclared = (name: string) =>
    new RegExp(`(?:const|let|function) ${name}\\b|import [^;]*\\b${name}\\b[^;]*from`).test(code);
  const names = Object.keys(GIVEN).filter((name) => isUsed(name) && !isDeclared(name));
  return names.map((name) => GIVEN[name]).join(' ');
}

/** Addresses as a reader's file in the project's folder, or in a folder of it, would have them. */
function asModule({ code }: Snippet): string {
  const moved = code
    .replaceAll(/from '(?:\.\.?\/)+(?=src|producers|consumers|cdk)/g, `from '${UP}/`)
    .replaceAll(/from '(?:\.\.?\/)+(?=support)/g, `from '${UP}/test/`);
  return `export {}; ${givenTo(moved)} ${moved}`;
}

const snippets = [...inDocuments(), ...inComments()];
rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
for (const [at, snippet] of snippets.entries()) writeFileSync(join(FOLDER, `${at}.ts`), asModule(snippet));
writeFileSync(
  join(FOLDER, 'tsconfig.json'),
  JSON.stringify({
    extends: `${UP}/tsconfig.json`,
    compilerOptions: {
      noUnusedLocals: false,
      noUnusedParameters: false,
      verbatimModuleSyntax: false,
      isolatedModules: false,
      types: ['node'],
      paths: { 'tidemill/testing': [`${UP}/src/testing/pipeline-test.ts`] },
    },
    include: ['*.ts'],
    exclude: [],
  }),
);
const { stdout, status } = spawnSync(
  join(PROJECT, 'node_modules', '.bin', 'tsc'),
  ['-p', FOLDER, '--pretty', 'false', '--singleThreaded'],
  {
    encoding: 'utf8',
  },
);
for (const line of stdout.split('\n').filter((text) => text !== '')) {
  const [, at, row, rest] = /(\d+)\.ts\((\d+),\d+\): (.*)$/.exec(line) ?? [];
  const snippet = snippets[Number(at)];
  console.error(
    snippet === undefined || at === undefined || line.includes('src/')
      ? line
      : `${relative('.', join(PROJECT, snippet.file))}:${snippet.line + Number(row) - 1} ${rest}`,
  );
}
if (snippets.length === 0) throw new Error('found no snippet, expected some in the documents');
process.exitCode = status ?? 1;
