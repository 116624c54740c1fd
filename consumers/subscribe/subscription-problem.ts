// What the schema of a subscription cannot know: whether there is such a rollup or rule, with so many tags, of these names.
import { quote } from '../../src/core/describe-found.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import type { AlertsOf } from '../../src/wire/live/alerts-of.ts';
import type { ServerMessage, SubscribeMessage } from '../../src/wire/live/messages.ts';

type Refusal = Pick<Extract<ServerMessage, { type: 'error' }>, 'detail' | 'problems'>;

export function problemOf(message: SubscribeMessage, pipeline: Pipeline): Refusal | undefined {
  if ('alerts' in message) return problemOfAlerts(message.alerts, pipeline);
  return 'source' in message ? undefined : problemOfRollup('message', message, pipeline);
}

function problemOfAlerts(of: AlertsOf, pipeline: Pipeline): Refusal | undefined {
  const { rule, source, rollup, values, tags } = of;
  const where = 'message.alerts';
  if (rule !== undefined && !pipeline.alerts.some(({ name }) => name === rule)) {
    const names = pipeline.alerts.map(({ name }) => name).join(', ');
    return refuse(
      `${where}.rule`,
      quote(rule),
      names === '' ? 'no rule: the pipeline has none' : `one of ${names}`,
    );
  }
  if (source !== undefined && rollup !== undefined) return refuse(where, 'source and rollup', 'one of them');
  if (rollup !== undefined) return problemOfRollup(where, { rollup, values, tags }, pipeline);
  if (values !== undefined || tags !== undefined) {
    return refuse(where, `${values === undefined ? 'tags' : 'values'} alone`, 'a rollup beside them');
  }
  return undefined;
}

function problemOfRollup(
  where: string,
  {
    rollup: name,
    values,
    tags,
  }: {
    readonly rollup: string;
    readonly values?: AlertsOf['values'] | undefined;
    readonly tags?: AlertsOf['tags'] | undefined;
  },
  { rollups }: Pipeline,
): Refusal | undefined {
  if (values !== undefined && tags !== undefined) return refuse(where, 'values and tags', 'one of them');
  const rollup = rollups.find((one) => one.name === name);
  const names = rollups.map((one) => one.name).join(', ');
  if (rollup === undefined) return refuse(`${where}.rollup`, quote(name), `one of ${names}`);
  const levels = rollup.levels.map((level) => `[${level.join(', ')}]`).join(' or ');
  if (values !== undefined && !rollup.levels.some((level) => level.length === values.length)) {
    return refuse(`${where}.values`, `${values.length} values`, `those of ${levels}`);
  }
  const unknown = tags?.find(({ tag }) => !rollup.levels.some((level) => level.includes(tag)));
  return unknown === undefined ? undefined : refuse(`${where}.tags`, quote(unknown.tag), `tags of ${levels}`);
}

function refuse(where: string, found: string, expected: string): Refusal {
  return {
    detail: `${where}: found ${found}, expected ${expected}`,
    problems: [{ where, found, expected }],
  };
}
