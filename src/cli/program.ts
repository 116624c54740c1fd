// All commands: one file a command; this one knows them all and nothing else. What a command works with it loads itself,
// once it is asked for.
import { Command } from 'commander';
import { alertsCommand } from './alerts-command.ts';
import { deadLettersCommand } from './dead-letters-command.ts';
import { devCommand } from './dev-command.ts';
import { explainFailure } from './exit.ts';
import { exportCommand } from './export-command.ts';
import { ledgerCommand } from './ledger-command.ts';
import { openapiCommand } from './openapi-command.ts';
import { recordCommand } from './record-command.ts';
import { replayCommand } from './replay-command.ts';
import { shapeCommand } from './shape-command.ts';
import { simulateCommand } from './simulate-command.ts';
import { sourcesCommand } from './sources-command.ts';
import { testCommand } from './test-command.ts';
import { tokensCommand } from './tokens-command.ts';
import { verifyCommand } from './verify-command.ts';
import { windowsCommand } from './windows-command.ts';

const program = new Command('tidemill')
  .description('Real-time telemetry aggregation on Kinesis, Lambda and DynamoDB, with exactly-once effect.')
  .showHelpAfterError('(add --help for what there is)')
  .configureHelp({ sortSubcommands: false })
  .exitOverride()
  .addHelpText(
    'after',
    `
Begin with:
  tidemill dev                              everything on this machine, with a simulated fleet
  tidemill replay FILE --windows-out OUT    a recording through the whole system
  tidemill ledger                           what became of every event

Exit codes: 0 done, 1 failed, 2 bad usage (options, pipeline definition).`,
  );
for (const command of [
  devCommand(),
  replayCommand(),
  recordCommand(),
  shapeCommand(),
  simulateCommand(),
  testCommand(),
  ledgerCommand(),
  exportCommand(),
  sourcesCommand(),
  windowsCommand(),
  alertsCommand(),
  deadLettersCommand(),
  tokensCommand(),
  openapiCommand(),
  verifyCommand(),
]) {
  program.addCommand(inherit(command));
}

for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    // A pipe that is closed early (`| head`) is no failure; a full disk behind `> file` is.
    if (error.code === 'EPIPE') process.exit(process.exitCode ?? 0);
    if (output === process.stdout) tellFailure(error);
    process.exit(1);
  });
}

try {
  await program.parseAsync();
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

function inherit(command: Command): Command {
  for (const each of [command, ...command.commands]) {
    each.exitOverride().showHelpAfterError('(add --help for what there is)');
  }
  return command;
}
