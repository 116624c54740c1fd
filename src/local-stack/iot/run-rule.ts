// What a rule makes of a message: what its SELECT says of it, and texts with `${…}` filled in.
import type { RuleExpression, RuleQuery } from './rule-sql.ts';
import { parseRuleExpression } from './rule-sql.ts';

export interface RuleMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly clientId: string;
  readonly nowMs: number;
  readonly newId: () => string;
}

/** Whether a topic is one of a filter's: `+` is one level, `#` all that are left; neither begins with `$` by itself. */
export function isTopicOf(topic: string, filter: string): boolean {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false;
  for (const [at, level] of wanted.entries()) {
    if (level === '#') return true;
    if (at >= levels.length || (level !== '+' && level !== levels[at])) return false;
  }
  return wanted.length === levels.length;
}

/** JSON of what is selected. @throws Error where the payload is none that can be selected from */
export function selectFrom({ items }: RuleQuery, message: RuleMessage): string {
  const selected: Record<string, unknown> = {};
  for (const { expression, name } of items) {
    if (expression.kind === 'all') Object.assign(selected, objectIn(message.payload));
    else {
      const value = resultOf(expression, message);
      if (value !== undefined) selected[name ?? nameOf(expression)] = value;
    }
  }
  return JSON.stringify(selected);
}

/** `${topic(2)}` and the like; what is not there is empty. @throws Error for an expression that does not run here */
export function filledIn(template: string, message: RuleMessage): string {
  return template.replace(/\$\{([^}]*)\}/g, (_, text: string) => {
    const value = resultOf(parseRuleExpression(text), message);
    return typeof value === 'string' ? value : value === undefined ? '' : JSON.stringify(value);
  });
}

function resultOf(expression: RuleExpression, message: RuleMessage): unknown {
  switch (expression.kind) {
    case 'all':
      return objectIn(message.payload);
    case 'path':
      return at(objectIn(message.payload), expression.names);
    case 'constant':
      return expression.value;
    case 'topic':
      return expression.segment === undefined
        ? message.topic
        : message.topic.split('/')[expression.segment - 1];
    case 'clientid':
    // Here a client has no certificate: its name is what is known of it.
    case 'principal':
      return message.clientId;
    case 'timestamp':
      return message.nowMs;
    case 'newuuid':
      return message.newId();
    case 'encode':
      return expression.of.kind === 'all'
        ? message.payload.toString('base64')
        : Buffer.from(textOf(resultOf(expression.of, message))).toString('base64');
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? null);
}

function nameOf(expression: RuleExpression): string {
  if (expression.kind === 'path') return expression.names.at(-1) ?? '';
  return expression.kind === 'constant' ? String(expression.value) : expression.kind;
}

function at(value: unknown, names: readonly string[]): unknown {
  let found = value;
  for (const name of names)
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, name)
        ? Reflect.get(found, name)
        : undefined;
  return found;
}

function objectIn(payload: Buffer): object {
  const text = payload.toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new Error(`payload: found ${JSON.stringify(text.slice(0, 60))}, expected JSON`, { cause });
  }
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw new Error(`payload: found ${text.slice(0, 60)}, expected a JSON object`);
}
