import { Command } from 'commander';
import { loadPipeline } from '../../cdk/load-pipeline.ts';
import { parsePipeline } from '../core/pipeline/parse-pipeline.ts';
import { openWebSocket } from '../live-client/live-socket.ts';
import { systemClock } from '../platform/clock.ts';
import { OUTPUTS } from '../platform/names.ts';
import { DeadLetters } from '../stores/dead-letters.ts';
import { retireSource } from '../stores/retire-source.ts';
import { SourceStates } from '../stores/source-states.ts';
import { askOverHttp, type Place } from '../verify/place.ts';
import type { Cleanup, Verdict } from '../verify/verify.ts';
import { UsageError } from './exit.ts';
import { findPlace } from './open-stores.ts';
import { useTokenDesk } from './open-token-desk.ts';
import { wholeNumber } from './options.ts';
import { formatCell } from './print-table.ts';

interface VerifyOptions {
  readonly outputs?: string;
  readonly pipeline?: string;
  readonly only?: string;
  readonly patience: number;
  readonly json?: true;
}

export function verifyCommand(): Command {
  return new Command('verify')
    .description(
      'test a deployed stack, or the local run, from outside, and report what works and what does not',
    )
    .option(
      '--outputs <file>',
      'the file that `cdk deploy --outputs-file <file>` wrote (default: the local run in this folder)',
    )
    .option(
      '--pipeline <file>',
      'the deployed pipeline definition: with it an alert is made to fire, if a rule allows it',
    )
    .option(
      '--only <steps>',
      'only steps whose name begins with these: door, books, text, alerts, query, site, live, aws',
    )
    .option('--patience <seconds>', 'how long to wait for results to arrive', wholeNumber(1, 3_600), 60)
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      `
It issues tokens, posts some dozens of events of sources named verify-…, reads them back, revokes the tokens and retires the sources;
the ledger and windows keep the events. Exit code 1: something does not work. Steps that cannot run here say so.
On AWS it needs permission to issue tokens, to write the sources table, to read dead letters, and to look at the stack, its alarms and
metrics, its tables' descriptions and its roles (iam:GetRole, iam:SimulatePrincipalPolicy).`,
    )
    .action(run);
}

async function run(options: VerifyOptions): Promise<void> {
  // Loaded once it is asked for: it knows the SDK's clients.
  const { verify } = await import('../verify/verify.ts');
  const { awsAccount } = await import('../verify/aws-account.ts');
  const where = options.outputs === undefined ? {} : { outputs: options.outputs };
  const { outputs, table, stackName } = await findPlace(where);
  const output = (name: string): string => {
    const value = outputs[name];
    if (value === undefined)
      throw new UsageError(`found no output ${name} of the stack, expected one: deploy it again`);
    return value;
  };
  const states = new SourceStates(table(output(OUTPUTS.sourcesTable)));
  const pipeline =
    options.pipeline === undefined ? undefined : parsePipeline(await loadPipeline(options.pipeline));
  const verdicts = await useTokenDesk(where, async (desk) => {
    const revoke = async (id: string) => void (await desk.revoke(id));
    const place: Place = {
      apiUrl: output(OUTPUTS.apiUrl),
      liveUrl: output(OUTPUTS.liveUrl),
      siteUrl: outputs[OUTPUTS.dashboardUrl],
      run: crypto.randomUUID().slice(0, 8),
      clock: systemClock,
      patienceMs: options.patience * 1_000,
      ask: askOverHttp,
      openSocket: openWebSocket,
      issue: async ({ use, subject, sources = [] }) => {
        const { token, text } = await desk.issue({ use, subject, sources, lifetimeMs: TOKEN_LIFE_MS });
        return { id: token.id, text };
      },
      revoke,
      deadLetters: new DeadLetters(table(output(OUTPUTS.deadLettersTable))),
      aws: stackName === undefined ? undefined : awsAccount(stackName, () => systemClock.nowMs()),
      pipeline,
    };
    const cleanup: Cleanup = {
      revoke,
      retire: async (source) => void (await retireSource(source, { states, nowMs: systemClock.nowMs() })),
    };
    const onVerdict = (verdict: Verdict) => {
      if (options.json !== true) process.stdout.write(`${lineOf(verdict)}\n`);
    };
    return await verify(place, {
      cleanup,
      onVerdict,
      ...(options.only === undefined ? {} : { only: options.only }),
    });
  });
  const count = (kind: Verdict['kind']) => verdicts.filter((one) => one.kind === kind).length;
  const summary = { held: count('held'), broken: count('broken'), untried: count('untried') };
  if (options.json === true) process.stdout.write(`${JSON.stringify({ ...summary, steps: verdicts })}\n`);
  else
    process.stdout.write(
      `${summary.held} held, ${summary.broken} did not, ${summary.untried} could not be tested here\n`,
    );
  if (summary.broken > 0 || summary.held === 0) process.exitCode = 1;
}

/** Longer than any verification; they are revoked at its end. */
const TOKEN_LIFE_MS = 3_600_000;

/** What it says may hold what the other side sent. */
function lineOf(verdict: Verdict): string {
  const { id, holds } = verdict;
  switch (verdict.kind) {
    case 'held':
      return `held      ${id}: ${holds}`;
    case 'broken':
      return `NOT HELD  ${id}: ${holds}\n          found: ${formatCell(verdict.found)}\n          meaning: ${verdict.otherwise}`;
    case 'untried':
      return `untried   ${id}: ${holds} – ${verdict.why}`;
  }
}
