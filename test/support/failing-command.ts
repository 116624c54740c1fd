// Commands that are to fail as a user should see it, and folders for them to fail in.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventLine } from '../../src/wire/recording-line.ts';
import { type CommandOptions, type CommandResult, runCommand } from './run-command.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** Runs it in the folder; it fails in words, without a stack trace, and leaves nothing behind. */
export async function failing(args: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const result = await runCommand(args, options);
  expect(result.code, result.stderr).toBeGreaterThan(0);
  expect(result.stdout).toBe('');
  expect(result.stderr).not.toMatch(/^ {4}at /m);
  expect(result.stderr.trim()).not.toBe('');
  return result;
}

/** A folder with these files, by name. */
export async function folderWith(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, contents] of Object.entries(files)) await writeFile(join(folder, name), contents);
  return folder;
}

/** Lines of a small recording that can be replayed. */
export const EVENT_LINES: readonly string[] = [0, 1, 2].map((n) =>
  eventLine({
    raw: { source: 'a', id: n, time: 1_760_000_000_000 + n, values: { x: n } },
    arrivedAt: 1_760_000_000_000,
  }),
);
