// A command line that is refused before anything begins, in this process: starting one takes most of what a refusal does.
import { chdir, cwd as currentFolder } from 'node:process';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/create-program.ts';
import { explainFailure } from '../../src/cli/exit.ts';

export interface Refusal {
  readonly code: number;
  readonly stderr: string;
}

/** In that folder. Fails when the command does what it is asked, or says something on stdout. */
export async function refused(args: readonly string[], { cwd }: { readonly cwd: string }): Promise<Refusal> {
  const before = currentFolder();
  chdir(cwd);
  try {
    return await refusalOf(args);
  } finally {
    chdir(before);
  }
}

async function refusalOf(args: readonly string[]): Promise<Refusal> {
  let stderr = '';
  const program = await createProgram(args);
  for (const command of withSubcommands(program)) {
    command.configureOutput({
      writeErr: (text) => {
        stderr += text;
      },
      writeOut: (text) => {
        throw new Error(`found ${JSON.stringify(text)} on stdout, expected nothing`);
      },
    });
  }
  const failure = await program.parseAsync(args, { from: 'user' }).then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (failure === undefined) throw new Error(`tidemill ${args.join(' ')} did what it was asked`);
  const { message, code } = explainFailure(failure.error);
  return { code, stderr: stderr + message };
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)];
}
