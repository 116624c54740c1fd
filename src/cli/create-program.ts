// All commands: one file a command; this one knows them all and nothing else. Only the one that is asked for is loaded, for a
// command that answers at once; all of them for help.
import { Command } from 'commander';

/** By name, in the order of the help. */
const COMMANDS = new Map<string, () => Promise<Command>>([
  ['dev', async () => (await import('./dev-command.ts')).devCommand()],
  ['replay', async () => (await import('./replay-command.ts')).replayCommand()],
  ['record', async () => (await import('./record-command.ts')).recordCommand()],
  ['incident', async () => (await import('./incident-command.ts')).incidentCommand()],
  ['rebuild', async () => (await import('./rebuild-command.ts')).rebuildCommand()],
  [
    'rebuild-downstream',
    async () => (await import('./rebuild-downstream-command.ts')).rebuildDownstreamCommand(),
  ],
  ['load', async () => (await import('./load-command.ts')).loadCommand()],
  ['shape', async () => (await import('./shape-command.ts')).shapeCommand()],
  ['simulate', async () => (await import('./simulate-command.ts')).simulateCommand()],
  ['test', async () => (await import('./test-command.ts')).testCommand()],
  ['ledger', async () => (await import('./ledger-command.ts')).ledgerCommand()],
  ['audit', async () => (await import('./audit-command.ts')).auditCommand()],
  ['export', async () => (await import('./export-command.ts')).exportCommand()],
  ['devices', async () => (await import('./devices-command.ts')).devicesCommand()],
  ['sources', async () => (await import('./sources-command.ts')).sourcesCommand()],
  ['windows', async () => (await import('./windows-command.ts')).windowsCommand()],
  ['alerts', async () => (await import('./alerts-command.ts')).alertsCommand()],
  ['dead-letters', async () => (await import('./dead-letters-command.ts')).deadLettersCommand()],
  ['tokens', async () => (await import('./tokens-command.ts')).tokensCommand()],
  ['openapi', async () => (await import('./openapi-command.ts')).openapiCommand()],
  ['verify', async () => (await import('./verify-command.ts')).verifyCommand()],
]);

/** `args`: what is asked, to be parsed with `{ from: 'user' }`. */
export async function createProgram(args: readonly string[]): Promise<Command> {
  const program = new Command('tidemill')
    .description('Real-time telemetry aggregation on Kinesis, Lambda and DynamoDB, with exactly-once effect.')
    .showHelpAfterError('(add --help for the commands and options)')
    .configureHelp({ sortSubcommands: false })
    .exitOverride()
    .addHelpText(
      'after',
      `
Examples:
  tidemill dev                              run everything on this machine, with a simulated fleet
  tidemill replay FILE --windows-out OUT    run a recording through the whole system
  tidemill ledger                           how many events got which verdict

Exit codes: 0 done, 1 failed, 2 bad usage (options, pipeline definition).`,
    );
  const asked = COMMANDS.get(args[0] ?? '');
  const loaded = await Promise.all(
    (asked === undefined ? [...COMMANDS.values()] : [asked]).map((load) => load()),
  );
  for (const command of loaded) program.addCommand(inherit(command));
  return program;
}

function inherit(command: Command): Command {
  for (const each of [command, ...command.commands]) {
    each.exitOverride().showHelpAfterError('(add --help for the commands and options)');
  }
  return command;
}
