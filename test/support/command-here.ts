// A command in this process, as a started one does it: starting takes most of what many of them do.
import { expect, vi } from 'vitest';
import { createProgram } from '../../src/cli/create-program.ts';
import { explainFailure } from '../../src/cli/exit.ts';

export interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** In that folder. One at a time: meanwhile all that this process writes is taken for the command's. */
export async function runHere(args: readonly string[], { cwd }: { readonly cwd: string }): Promise<Said> {
  const [folder, exitCode] = [process.cwd(), process.exitCode];
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    }),
  );
  // As it is by now: what a package puts in its place remembers the folder.
  process.chdir(cwd);
  process.exitCode = undefined;
  try {
    const code = await codeOf(args);
    return { code, ...said };
  } finally {
    process.exitCode = exitCode;
    process.chdir(folder);
    for (const spy of spies) spy.mockRestore();
  }
}

async function codeOf(args: readonly string[]): Promise<number> {
  try {
    const program = await createProgram(args);
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const { message, code } = explainFailure(error);
    if (message !== '') process.stderr.write(`${message}\n`);
    return code;
  }
}

/** It fails in words, without a stack trace. */
export async function refused(args: readonly string[], options: { readonly cwd: string }): Promise<Said> {
  const said = await runHere(args, options);
  expect(said.code, said.stderr).toBeGreaterThan(0);
  expect(said.stdout).toBe('');
  expect(said.stderr).not.toMatch(/^ {4}at /m);
  expect(said.stderr.trim()).not.toBe('');
  return said;
}
