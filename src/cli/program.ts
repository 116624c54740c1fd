// Runs the command that is asked for, and ends with what became of it.
import { createProgram } from './create-program.ts';
import { explainFailure } from './exit.ts';

for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    // A pipe that is closed early (`| head`) is no failure; a full disk behind `> file` is.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    if (output === process.stdout) tellFailure(error);
    process.exit(1);
  });
}

try {
  const args = process.argv.slice(2);
  const program = await createProgram(args);
  await program.parseAsync(args, { from: 'user' });
} catch (error) {
  const code = tellFailure(error);
  // What a failure left half done (a put that is sent again, a pause between recorded events) is not waited for.
  process.stdout.write('', () => process.exit(code));
}

/** Writes what went wrong to stderr and gives the exit code. */
function tellFailure(error: unknown): number {
  const { message, code } = explainFailure(error);
  if (message !== '') process.stderr.write(`${message}\n`);
  return code;
}
