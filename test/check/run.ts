// `npm run check`: what is looked at without running anything, side by side. Each says nothing while all is well.
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { projectFolder } from '../../src/platform/project-folder.ts';

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

const BIN = join(projectFolder(), 'node_modules/.bin');
const installed = (command: string, ...args: readonly string[]): Step => ({
  name: [command, ...args].join(' '),
  command: join(BIN, command),
  args,
});
const own = (script: string): Step => ({ name: script, command: process.execPath, args: [script] });

/** What takes longest begins. Threads of the compiler would check what they share once each: there are others for the cores. */
const STEPS: readonly Step[] = [
  installed('tsc', '-p', '.', '--singleThreaded'),
  own('test/snippets/run.ts'),
  own('test/nag/run.ts'),
  installed('knip'),
  installed('biome', 'check', '.'),
  installed('tsc', '-p', 'src/dashboard', '--singleThreaded'),
];

let isGood = true;

function run({ name, command, args }: Step): Promise<void> {
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      { cwd: projectFolder(), maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error !== null) {
          isGood = false;
          console.error(`${name} failed (${error.code ?? error.signal}):\n${stdout}${stderr}`);
        }
        resolve();
      },
    );
  });
}

const waiting = STEPS.values();
await Promise.all(
  Array.from({ length: Math.max(1, availableParallelism()) }, async () => {
    for (const step of waiting) await run(step);
  }),
);
process.exitCode = isGood ? 0 : 1;
