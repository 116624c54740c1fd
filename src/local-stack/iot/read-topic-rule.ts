// AWS::IoT::TopicRule with a Kinesis action, and AWS::IoT::Policy, which says what devices may do.
import { asArray, asObject, asText, ifPresent } from '../property.ts';
import type { ResourceToRead } from '../resource-to-read.ts';
import { parseRuleExpression, parseRuleSql, type RuleQuery } from './rule-sql.ts';

export interface TopicRuleSpec {
  readonly logicalId: string;
  readonly name: string;
  readonly query: RuleQuery;
  /** Streams that what is selected is put into. */
  readonly actions: readonly PutAction[];
}

export interface PutAction {
  readonly stream: string;
  readonly partitionKey: string;
  /** Who puts: the rule takes this role. */
  readonly roleArn: string;
}

/** None where the rule is disabled. @throws Error for a rule that would not do here what it does on AWS */
export function readTopicRule({ logicalId, name, property }: ResourceToRead): TopicRuleSpec[] {
  const where = `${logicalId}.TopicRulePayload`;
  const payload = asObject(property('TopicRulePayload'), where);
  if (payload['RuleDisabled'] === true) return [];
  const sql = asText(payload['Sql'], `${where}.Sql`);
  const query = named(`${where}.Sql`, () => parseRuleSql(sql));
  const actions = asArray(payload['Actions'], `${where}.Actions`).map((action) => {
    const { Kinesis, ...others } = asObject(action, `${where}.Actions`);
    const [other] = Object.keys(others);
    if (other !== undefined)
      throw new Error(
        `template, ${where}.Actions: found ${other}, expected Kinesis: nothing else runs locally`,
      );
    const { StreamName, PartitionKey, RoleArn } = asObject(Kinesis, `${where}.Actions.Kinesis`);
    const partitionKey = ifPresent(PartitionKey, asText, `${where}.PartitionKey`) ?? `\${newuuid()}`;
    for (const [, text = ''] of partitionKey.matchAll(/\$\{([^}]*)\}/g))
      named(`${where}.PartitionKey`, () => parseRuleExpression(text));
    return {
      stream: asText(StreamName, `${where}.StreamName`),
      partitionKey,
      roleArn: asText(RoleArn, `${where}.RoleArn`),
    };
  });
  return [{ logicalId, name, query, actions }];
}

export interface IotStatement {
  readonly allows: boolean;
  readonly actions: readonly string[];
  /** Behind the account: `topic/a/*`, `client/b`; with variables. */
  readonly resources: readonly string[];
}

export function readIotPolicy({ logicalId, property }: ResourceToRead): IotStatement[] {
  const document = asObject(property('PolicyDocument'), `${logicalId}.PolicyDocument`);
  return listOf(document['Statement']).map((value) => {
    const statement = asObject(value, `${logicalId}.Statement`);
    return {
      allows: statement['Effect'] === 'Allow',
      actions: listOf(statement['Action']).map(String),
      resources: listOf(statement['Resource']).map((arn) => String(arn).split(':').slice(5).join(':')),
    };
  });
}

/** Whether a client may, by all policies together: what none allows is refused, and a Deny counts first. */
export function mayDo(
  statements: readonly IotStatement[],
  {
    clientId,
    action,
    resource,
  }: { readonly clientId: string; readonly action: string; readonly resource: string },
): boolean {
  const matching = statements.filter(
    ({ actions, resources }) =>
      actions.some((one) => matches(one, action, clientId)) &&
      resources.some((one) => matches(one, resource, clientId)),
  );
  return matching.some(({ allows }) => allows) && matching.every(({ allows }) => allows);
}

/** A client here is the thing of its name. A name in it is text: its own stars mean nothing. */
const VARIABLES = /\$\{iot:(?:Connection\.Thing\.ThingName|ClientId)\}/;

function matches(pattern: string, text: string, clientId: string): boolean {
  const source = pattern
    .split(VARIABLES)
    .map((piece) => piece.split('*').map(escaped).join('.*'))
    .join(escaped(clientId));
  return new RegExp(`^(?:${source === '' ? '.*' : source})$`, 's').test(text);
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value];
}

function named<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`template, ${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
