// Holds the stack to the rules of cdk-nag, packs AwsSolutions and Serverless: what does not follow one and is not accepted with a reason
// fails, and so does what is accepted and found nowhere any more. A part of `npm run check`.
import { rmSync } from 'node:fs';
import { Aspects, Stage } from 'aws-cdk-lib';
import type {
  INagLogger,
  NagLoggerErrorData,
  NagLoggerNonComplianceData,
  NagLoggerSuppressedData,
} from 'cdk-nag';
import cdkNag from 'cdk-nag';
import { ACCEPTED_FINDINGS, inMetadata } from '../../cdk/accepted-findings.ts';
import type { Settings } from '../../cdk/settings/settings.ts';
import { OUTLET_KINDS } from '../../src/platform/outlet-choice.ts';
import { unsynthesizedStack } from '../support/synthesized-stack.ts';

const { AwsSolutionsChecks, ServerlessChecks } = cdkNag;

/** All that can be switched on. */
const EVERYTHING: Settings = {
  archive: true,
  rebuild: true,
  load: true,
  incoming: true,
  incidents: true,
  mqtt: true,
  apiLogRole: true,
  outlet: { to: 'kinesis', tells: OUTLET_KINDS },
};

class Findings implements INagLogger {
  readonly problems: string[] = [];
  readonly accepted = new Set<string>();

  onNonCompliance({ findingId, ruleInfo, resource }: NagLoggerNonComplianceData): void {
    this.problems.push(`${resource.node.path}: ${findingId || ruleInfo}`);
  }

  onSuppressed({ ruleId, suppressionReason }: NagLoggerSuppressedData): void {
    this.accepted.add(`${ruleId}: ${suppressionReason}`);
  }

  onError({ ruleId, resource, errorMessage }: NagLoggerErrorData): void {
    this.problems.push(`${resource.node.path}: ${ruleId} could not be judged: ${errorMessage}`);
  }

  onCompliance(): void {}
  onSuppressedError(): void {}
  onNotApplicable(): void {}
}

const findings = new Findings();
const stack = unsynthesizedStack(EVERYTHING);
const options = { reports: false, additionalLoggers: [findings] };
Aspects.of(stack).add(new AwsSolutionsChecks(options));
Aspects.of(stack).add(new ServerlessChecks(options));
const stage = Stage.of(stack);
stage?.synth();
rmSync(stage?.outdir ?? '', { recursive: true, force: true });
const stale = ACCEPTED_FINDINGS.flatMap(({ rules, why }) => rules.map((rule) => ({ rule, why }))).filter(
  ({ rule, why }) =>
    ![...findings.accepted].some((one) => one.startsWith(rule) && one.endsWith(inMetadata(why))),
);
for (const problem of findings.problems)
  console.error(`${problem}\n  follow the rule, or say in cdk/accepted-findings.ts why not`);
for (const { rule, why } of stale)
  console.error(
    `cdk/accepted-findings.ts: ${rule}, ${JSON.stringify(why)}: found nowhere, expected to be needed`,
  );
process.exitCode = findings.problems.length + stale.length > 0 ? 1 : 0;
