// The real command as a child process, as a user starts it.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished } from 'vitest';
import { untilNoneIn } from './own-processes.ts';

const MAIN = new URL('../../src/cli/tidemill.ts', import.meta.url);

export interface CommandOptions {
  readonly cwd: string;
  /** Replaces PATH. */
  readonly path?: string;
  /** A file that stdout goes to, as with `> file`. */
  readonly stdoutTo?: string;
  /** What Node runs in place of the `tidemill` command. */
  readonly main?: URL;
}

export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedCommand {
  readonly child: ChildProcess;
  /** Resolves with the first line it writes that matches; rejects when the command ends without one. */
  line(pattern: RegExp): Promise<string>;
  readonly ended: Promise<CommandResult>;
}

export function startCommand(
  args: readonly string[],
  { cwd, path, stdoutTo, main = MAIN }: CommandOptions,
): StartedCommand {
  const file = stdoutTo === undefined ? undefined : openSync(stdoutTo, 'w');
  const temporary = temporaryOf(cwd);
  mkdirSync(temporary, { recursive: true });
  const child = spawn(process.execPath, [fileURLToPath(main), ...args], {
    cwd,
    env: { ...process.env, PATH: path ?? process.env['PATH'], TMPDIR: temporary, TIDEMILL_DEBUG: undefined },
    stdio: ['ignore', file ?? 'pipe', 'pipe'],
  });
  if (file !== undefined) closeSync(file);
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { stdout: '', stderr: '' };
  const waiting = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const look of waiting) look();
    });
  }
  const ended = new Promise<CommandResult>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const lines = [output.stdout, output.stderr].flatMap((text) => text.split('\n').slice(0, -1));
        const found = lines.find((each) => pattern.test(each));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      void ended.then((result) => reject(new Error(`found no line ${pattern}: ${JSON.stringify(result)}`)));
    });
  return { child, line, ended };
}

/** Runs it to its end and until nothing that it started is left; it leaves no temporary files. */
export async function runCommand(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const result = await startCommand(args, options).ended;
  await expectNothingLeft(options.cwd);
  return result;
}

/** Waits for the last process of commands in this folder that have ended, and looks for temporary files. */
export async function expectNothingLeft(cwd: string): Promise<void> {
  await untilNoneIn(cwd);
  expect(await readdir(temporaryOf(cwd)), 'temporary files left').toEqual([]);
}

/** What commands in this folder use as the temporary folder. */
const temporaryOf = (cwd: string) => join(cwd, '.temporary');

/** PATH with Node and a shell, but no Java. */
export async function pathWithoutJava(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  await symlink(process.execPath, join(bin, 'node'));
  await symlink('/bin/sh', join(bin, 'sh'));
  return bin;
}
