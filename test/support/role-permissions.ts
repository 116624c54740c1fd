// What the template's roles allow, in one writing with what functions need: a resource of the template as `<its logical id>`.
import type { Template } from 'aws-cdk-lib/assertions';
import { matchesWildcards } from '../../src/local-stack/iam-policies.ts';
import { VARIABLE } from '../../src/platform/names.ts';
import { ASKED_BY_ARN } from './noted-calls.ts';
import type { NeededPermission } from './sent-requests.ts';

export interface Permission {
  readonly action: string;
  readonly resource: string;
}

type Properties = Readonly<Record<string, unknown>>;

export interface FunctionRole {
  readonly service: string;
  /** What its policies say, each action with each resource. */
  readonly allowed: readonly Permission[];
  /** What Lambda does in its name: reads its streams, keeps what is given up, writes its log. */
  readonly byLambda: readonly Permission[];
  /** What a call asks for. */
  readonly needed: (need: NeededPermission) => Permission;
}

/** Roles of our own functions, by what each calls itself. */
export function rolesIn(template: Template): readonly FunctionRole[] {
  const all = (type: string): readonly (readonly [id: string, properties: Properties])[] =>
    Object.entries(template.findResources(type)).map(([id, { Properties = {} }]) => [id, Properties]);
  const policies = all('AWS::IAM::Policy').map(([, properties]) => properties);
  const mappings = all('AWS::Lambda::EventSourceMapping').map(([, properties]) => properties);
  const stream = all('AWS::Kinesis::Stream').find(([id]) => id.startsWith('Telemetry'))?.[0] ?? '';
  return all('AWS::Lambda::Function').flatMap(([id, properties]) => {
    const variables: Properties = Object(Object(properties['Environment'])['Variables']);
    const service = variables['POWERTOOLS_SERVICE_NAME'];
    if (typeof service !== 'string') return [];
    const role = writtenOf(properties['Role']);
    const own = policies.filter(({ Roles }) => listed(Roles).some((each) => writtenOf(each) === role));
    const ownMappings = mappings.filter(({ FunctionName }) => writtenOf(FunctionName) === `<${id}>`);
    return [
      {
        service,
        allowed: own.flatMap(({ PolicyDocument }) => permissionsIn(PolicyDocument, service)),
        byLambda: [
          ...ownMappings.flatMap(neededByMapping),
          ...logNeeds(Object(properties['LoggingConfig'])['LogGroup']),
        ],
        needed: (need: NeededPermission) => ({
          action: need.action,
          resource: resourceOf(need, (name) => writtenOf(variables[name]), stream),
        }),
      },
    ];
  });
}

export function covers(allowed: Permission, needed: Permission): boolean {
  return (
    matchesWildcards(allowed.action.toLowerCase(), needed.action.toLowerCase()) &&
    matchesWildcards(allowed.resource, needed.resource)
  );
}

function permissionsIn(document: unknown, service: string): Permission[] {
  return listed(Object(document)['Statement']).flatMap((statement) => {
    const { Effect, Action, Resource, ...more } = Object(statement);
    // Whatever is more would have to be judged here too.
    if (Effect !== 'Allow' || Object.keys(more).length > 0)
      throw new Error(
        `role of ${service}: found ${JSON.stringify(statement)}, expected Action and Resource alone`,
      );
    return listed(Action).flatMap((action) =>
      listed(Resource).map((resource) => ({ action: String(action), resource: writtenOf(resource) })),
    );
  });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html and its sibling for DynamoDB */
function neededByMapping({ EventSourceArn, DestinationConfig }: Properties): Permission[] {
  const source = writtenOf(EventSourceArn);
  const bucket = writtenOf(Object(Object(DestinationConfig)['OnFailure'])['Destination']);
  const on = (resource: string, actions: readonly string[]) =>
    actions.map((action) => ({ action, resource }));
  const reads = source.endsWith('/stream')
    ? [
        ...on(source, ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator']),
        ...on('*', ['dynamodb:ListStreams']),
      ]
    : on(source, [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ]);
  return [
    ...reads,
    { action: 's3:ListBucket', resource: bucket },
    { action: 's3:PutObject', resource: `${bucket}/aws/lambda/batch` },
  ];
}

function logNeeds(group: unknown): Permission[] {
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({
    action,
    resource: writtenOf(group),
  }));
}

/** `variable`: what the template puts into the function's environment. */
function resourceOf(
  { action, name, below }: NeededPermission,
  variable: (name: string) => string,
  telemetryStream: string,
): string {
  const [service] = action.split(':');
  switch (service) {
    case 'dynamodb': {
      // A generation's table is named after the stack's.
      const [own = '', ...generation] = name.split('-');
      return [variable(VARIABLE.table(own)), ...generation].join('-') + below;
    }
    case 's3':
      return variable(VARIABLE.bucket(name)) + below;
    case 'kinesis':
      return name === ASKED_BY_ARN ? `<${telemetryStream}>` : variable(VARIABLE.stream(name));
    case 'secretsmanager':
      return variable(VARIABLE.secret(name));
    case 'events':
      return `${IN_ACCOUNT('events')}:event-bus/${variable(VARIABLE.bus(name))}`;
    case 'execute-api': {
      const [api] = /<Live[^>]*>/.exec(variable(VARIABLE.poster('live'))) ?? [];
      return `${IN_ACCOUNT('execute-api')}:${api}${name}${below}`;
    }
    default:
      throw new Error(`found ${action}, expected an action of a service that functions are known to call`);
  }
}

const IN_ACCOUNT = (service: string) => `arn:<AWS::Partition>:${service}:<AWS::Region>:<AWS::AccountId>`;

/** References by logical id; of a table's change stream `<id>/stream`. */
function writtenOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return `<${String(value.Ref)}>`;
  if ('Fn::GetAtt' in value) {
    const [id, attribute] = listed(value['Fn::GetAtt']);
    return attribute === 'StreamArn' ? `<${String(id)}>/stream` : `<${String(id)}>`;
  }
  if ('Fn::Join' in value) return listed(listed(value['Fn::Join'])[1]).map(writtenOf).join('');
  return JSON.stringify(value);
}

const listed = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
