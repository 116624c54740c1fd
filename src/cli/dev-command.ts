import { Command, Option } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { HTTP_PORT } from '../local-stack/http-port.ts';
import type { DevState } from '../run/dev.ts';
import type { AlertEvent } from '../wire/alert-event.ts';
import { devScreen, devStatusLine } from './dev-screen.ts';
import { formatLedger } from './format-ledger.ts';
import { onInterruption } from './interruption.ts';
import { tokenDeskOf } from './open-token-desk.ts';
import { duration, wholeNumber } from './options.ts';
import { formatCell, formatTime } from './print-table.ts';
import { Progress } from './progress.ts';
import { type Context, contextEntry, stackSettings } from './stack-settings.ts';

interface DevCommandOptions {
  readonly pipeline?: string;
  readonly shards: number;
  readonly data?: string;
  readonly archive?: true;
  readonly context: Context;
  readonly devices: number;
  readonly players: number;
  readonly seed: number;
  readonly history: number;
  readonly outputsFile?: string;
  readonly kinesisPort?: number;
  readonly dynamodbPort?: number;
  readonly mqttPort?: number;
  readonly port?: number;
}

export function devCommand(): Command {
  return new Command('dev')
    .description('run everything on this machine, with simulated devices and players; Ctrl-C stops it')
    .option('--pipeline <file>', 'pipeline definition, TypeScript or JSON (default: cdk/pipeline.ts)')
    .option('--shards <n>', 'shards of the stream', wholeNumber(1, 64), 2)
    .option('--devices <n>', 'simulated devices; 0 for none', wholeNumber(0, 100_000), 200)
    .option('--players <n>', 'simulated players of a game; 0 for none', wholeNumber(0, 100_000), 40)
    .option(
      '--seed <n>',
      'seed of the simulations: the same seed gives the same fleet and matches',
      wholeNumber(0, 2 ** 31),
      1,
    )
    .option(
      '--history <duration>',
      'start the simulations this long ago, and send the events of that time at once',
      duration,
      0,
    )
    .option(
      '--data <folder>',
      'keep tables, streams and checkpoints in this folder, and continue from what it holds',
    )
    .option('--archive', 'archive the stream in a bucket (docs/archive.md)')
    .addOption(
      new Option(
        '-c, --context <name=value>',
        'a context value as for `cdk synth`, repeatable: stage, settings (a file; default: cdk/settings.ts), profile, archive, rebuild, mqtt, incoming',
      )
        .argParser(contextEntry)
        .default(new Map(), 'none'),
    )
    .option(
      '--port <port>',
      `port of the HTTP API (default: ${HTTP_PORT}, or a free one if that is taken)`,
      wholeNumber(1, 65_535),
    )
    .option(
      '--outputs-file <file>',
      'write the stack’s outputs to this file, as `cdk deploy --outputs-file` does',
    )
    .option('--kinesis-port <port>', 'default: a free one', wholeNumber(1, 65_535))
    .option('--dynamodb-port <port>', 'default: a free one', wholeNumber(1, 65_535))
    .option(
      '--mqtt-port <port>',
      'of the MQTT door, with -c mqtt=true (default: a free one)',
      wholeNumber(1, 65_535),
    )
    .addHelpText(
      'after',
      `
While it runs, use other terminals in this folder for tidemill ledger, sources, windows, alerts, dead-letters list, and
tidemill tokens issue --device NAME for a token to post events with (docs/http.md).
On a terminal it shows the system live, with firing and recent alerts; in a pipe it prints a line every five seconds, and
one for each transition of an alert. Within about two minutes a simulated device gets too hot or falls silent, a site's
radio is disturbed, and players leave a match that lags: cdk/pipeline.ts defines the alerts.`,
    )
    .action(dev);
}

async function dev(options: DevCommandOptions): Promise<void> {
  const said = options.archive === true ? { archive: true } : {};
  const { settings, pipelineFile } = await stackSettings(options.context, said);
  const pipeline = await loadPipeline(options.pipeline ?? pipelineFile);
  const { runDev } = await import('../run/dev.ts');
  const screen = new Progress(process.stdout);
  const interruption = onInterruption();
  let toldAtMs = 0;
  let noticed = false;
  let urlTold = false;
  const show = (state: DevState) => {
    if (state.notice !== undefined && !noticed) {
      noticed = true;
      screen.clear();
      process.stdout.write(`tidemill: ${state.notice}\n`);
    }
    if (state.apiUrl !== undefined && !urlTold) {
      urlTold = true;
      screen.clear();
      // Above the screen that is drawn again and again: it is longer than a line.
      if (state.dashboardUrl !== undefined) process.stdout.write(`dashboard: ${state.dashboardUrl}\n`);
      if (!screen.enabled) process.stdout.write(`HTTP API: ${state.apiUrl}\n`);
    }
    if (screen.enabled) screen.draw(devScreen(state, process.stdout.columns));
    else if (state.step === 'running' && performance.now() - toldAtMs >= STATUS_EVERY_MS) {
      toldAtMs = performance.now();
      process.stdout.write(`${devStatusLine(state)}\n`);
    }
  };
  try {
    const ledger = await runDev({
      pipeline,
      shards: options.shards,
      dataFolder: options.data,
      settings,
      outputsFile: options.outputsFile,
      devices: options.devices,
      players: options.players,
      seed: options.seed,
      historyMs: options.history,
      readerToken: async (runtime) => (await tokenDeskOf(runtime).issue(DASHBOARD_READER)).text,
      kinesisPort: options.kinesisPort,
      dynamodbPort: options.dynamodbPort,
      mqttPort: options.mqttPort,
      httpPort: options.port,
      onState: show,
      onAlert: (event) => {
        if (!screen.enabled) process.stdout.write(`${alertLine(event)}\n`);
      },
      signal: interruption.signal,
    });
    screen.clear();
    process.stdout.write(`${formatLedger(ledger)}\n`);
  } finally {
    screen.clear();
    interruption.dispose();
  }
}

/** On a terminal the screen shows what fires, and why. */
function alertLine({ rule, subject, to, severity, reason, window }: AlertEvent): string {
  const of =
    subject.kind === 'source' ? subject.source : subject.values.map((value) => value ?? '(none)').join(', ');
  const span = `${formatTime(window.start)} to ${formatTime(window.end)}`;
  return `alert ${rule} of ${formatCell(of)}: ${to} (${severity}): ${formatCell(reason)}, in ${span}`;
}

/** A token for whoever looks at this run, good for a working day. */
const DASHBOARD_READER = {
  use: 'reader',
  subject: 'dashboard of a local run',
  sources: [],
  lifetimeMs: 12 * 3_600_000,
} as const;

const STATUS_EVERY_MS = 5_000;
