// AWS::Events::Rule with a rate
import { asArray, asObject, asText, ifPresent } from './property.ts';
import type { FunctionSpec } from './read-function.ts';
import type { ResourceToRead } from './resource-to-read.ts';

export interface ScheduleSpec {
  readonly logicalId: string;
  readonly arn: string;
  readonly everyMs: number;
  readonly fn: FunctionSpec;
  /** JSON: what the function is given; undefined: the event of a schedule. */
  readonly input: string | undefined;
}

/** One entry a target; none of a rule that waits for events, or is disabled. */
export function readSchedule(
  rule: ResourceToRead,
  functions: readonly FunctionSpec[],
): readonly ScheduleSpec[] {
  const { logicalId, arn, property } = rule;
  if (property('State') === 'DISABLED') return [];
  const where = `${logicalId}.ScheduleExpression`;
  if (property('EventPattern') !== undefined) {
    if (property('ScheduleExpression') === undefined) return [];
    throw new Error(
      `template, ${logicalId}.EventPattern: found one beside a ScheduleExpression, expected one of them`,
    );
  }
  const everyMs = parseRate(asText(property('ScheduleExpression'), where), where);
  return ruleTargets(rule, functions).map((target) => ({ logicalId, arn, everyMs, ...target }));
}

export interface RuleTarget {
  readonly fn: FunctionSpec;
  /** JSON: what the function is given; undefined: the event. */
  readonly input: string | undefined;
}

export function ruleTargets(
  { logicalId, property }: ResourceToRead,
  functions: readonly FunctionSpec[],
): readonly RuleTarget[] {
  return (ifPresent(property('Targets'), asArray, `${logicalId}.Targets`) ?? []).map((target) => {
    const { Arn, Input, ...others } = asObject(target, `${logicalId}.Targets`);
    const targetArn = asText(Arn, `${logicalId}.Targets.Arn`);
    for (const name of ['InputPath', 'InputTransformer']) {
      if (others[name] === undefined) continue;
      throw new Error(`template, ${logicalId}.Targets.${name}: found one, expected an Input or none`);
    }
    const fn = functions.find((candidate) => candidate.arn === targetArn);
    if (fn === undefined) {
      throw new Error(
        `template, ${logicalId}.Targets: found ${targetArn}, expected a function of this stack`,
      );
    }
    return { fn, input: ifPresent(Input, asText, `${logicalId}.Targets.Input`) };
  });
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

function parseRate(expression: string, where: string): number {
  const [, count, unit] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const unitMs = UNIT_MS[unit ?? ''];
  if (count === undefined || unitMs === undefined || Number(count) < 1) {
    throw new Error(
      `template, ${where}: found ${expression}, expected rate(N minutes|hours|days): nothing else runs locally`,
    );
  }
  return Number(count) * unitMs;
}
