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

export interface ServiceRole {
  readonly service: string;
  /** What its policies say, each action with each resource. */
  readonly allowed: readonly Permission[];
  /** What AWS does in its name: Lambda reads its streams, keeps what is given up, writes its log. */
  readonly byAws: readonly Permission[];
  /** What a call asks for. */
  readonly needed: (need: NeededPermission) => Permission;
}

/** What the rebuild's container is called here: its code calls itself as the function does. */
export const REBUILD_TASK = 'rebuild-task';

/** Roles of our own functions, by what each calls itself; of the rebuild's task; of the state machine; of the HTTP door and the MQTT door. */
export function rolesIn(template: Template): readonly ServiceRole[] {
  const all: AllOf = (type) =>
    Object.entries(template.findResources(type)).map(([id, { Properties = {} }]) => [id, Properties]);
  const policies = all('AWS::IAM::Policy').map(([, properties]) => properties);
  const allowed = (role: unknown) => {
    const own = policies.filter(({ Roles }) => listed(Roles).map(writtenOf).includes(writtenOf(role)));
    return own.flatMap(({ PolicyDocument }) => permissionsIn(PolicyDocument, writtenOf(role)));
  };
  const stream = all('AWS::Kinesis::Stream').find(([id]) => id.startsWith('Telemetry'))?.[0] ?? '';
  const asker = (service: string, variables: Properties) => ({
    service,
    needed: (need: NeededPermission) => ({
      action: need.action,
      resource: resourceOf(need, (name) => writtenOf(variables[name]), stream),
    }),
  });
  return [
    ...functionsIn(all).map(({ service, variables, role, byAws }) => ({
      ...asker(service, variables),
      allowed: allowed(role),
      byAws,
    })),
    ...all('AWS::ECS::TaskDefinition').flatMap(([, { TaskRoleArn, ExecutionRoleArn, ...task }]) => [
      { ...asker(REBUILD_TASK, variablesOfTask(task)), allowed: allowed(TaskRoleArn), byAws: [] },
      { ...asker('start of the task', {}), allowed: allowed(ExecutionRoleArn), byAws: startNeeds(task) },
    ]),
    ...all('AWS::StepFunctions::StateMachine').map(([id, machine]) => ({
      ...asker('state machine', {}),
      allowed: allowed(machine['RoleArn']),
      byAws: machineNeeds(id, machine, all),
    })),
    {
      ...asker('door', {}),
      allowed: all('AWS::IAM::Role').flatMap(([id]) => (/^DoorRole/.test(id) ? allowed({ Ref: id }) : [])),
      byAws: all('AWS::ApiGateway::Method').flatMap(([, { Integration }]) =>
        integrationNeeds(Integration, stream),
      ),
    },
    ...all('AWS::IoT::TopicRule').map(([id, { TopicRulePayload }]) =>
      ruleRole(id, TopicRulePayload, allowed),
    ),
  ];
}

/** A rule of AWS IoT Core acts by one role here; what each action asks for stands in its documents. */
function ruleRole(
  id: string,
  payload: unknown,
  allowed: (role: unknown) => readonly Permission[],
): ServiceRole {
  const { Actions, ErrorAction } = Object(payload);
  const actions = [...listed(Actions), ErrorAction].flatMap((action) => Object.entries(Object(action)));
  const [role, ...others] = new Set(actions.map(([, action]) => writtenOf(Object(action).RoleArn)));
  if (role === undefined || others.length > 0)
    throw new Error(`rule ${id}: found ${others.length + 1} roles, expected one`);
  return {
    service: 'mqtt door',
    allowed: allowed({ Ref: role.slice(1, -1) }),
    byAws: actions.flatMap(([kind, action]) => ruleNeeds(kind, Object(action))),
    needed: ({ action }) => {
      throw new Error(`found ${action}, expected nothing but what AWS does in the name of the rule`);
    },
  };
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/kinesis-rule-action.html and s3-rule-action.html */
function ruleNeeds(kind: string, action: Properties): Permission[] {
  if (kind === 'Kinesis') return on(writtenOf(action['StreamName']), ['kinesis:PutRecord']);
  if (kind !== 'S3') throw new Error(`found an action ${kind} of a rule, expected Kinesis or S3`);
  const key = String(action['Key']).replaceAll(/\$\{[^}]+\}/g, 'any');
  return on(`${writtenOf(action['BucketName'])}/${key}`, ['s3:PutObject']);
}

type AllOf = (type: string) => readonly (readonly [id: string, properties: Properties])[];

function functionsIn(all: AllOf) {
  const mappings = all('AWS::Lambda::EventSourceMapping').map(([, properties]) => properties);
  return all('AWS::Lambda::Function').flatMap(([id, properties]) => {
    const variables: Properties = Object(Object(properties['Environment'])['Variables']);
    const service = variables['POWERTOOLS_SERVICE_NAME'];
    if (typeof service !== 'string') return [];
    const own = mappings.filter(({ FunctionName }) => writtenOf(FunctionName) === `<${id}>`);
    const log = Object(properties['LoggingConfig'])['LogGroup'];
    return [
      {
        service,
        variables,
        role: properties['Role'],
        byAws: [...own.flatMap(neededByMapping), ...logNeeds(log)],
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

function permissionsIn(document: unknown, role: string): Permission[] {
  return listed(Object(document)['Statement']).flatMap((statement) => {
    const { Effect, Action, Resource, ...more } = Object(statement);
    // Whatever is more would have to be judged here too.
    if (Effect !== 'Allow' || Object.keys(more).length > 0)
      throw new Error(`role ${role}: found ${JSON.stringify(statement)}, expected Action and Resource alone`);
    return listed(Action).flatMap((action) =>
      listed(Resource).map((resource) => ({ action: String(action), resource: writtenOf(resource) })),
    );
  });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html and its sibling for DynamoDB */
function neededByMapping({ EventSourceArn, DestinationConfig }: Properties): Permission[] {
  const source = writtenOf(EventSourceArn);
  const bucket = writtenOf(Object(Object(DestinationConfig)['OnFailure'])['Destination']);
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

function variablesOfTask({ ContainerDefinitions }: Properties): Properties {
  const variables = listed(ContainerDefinitions).flatMap((each) => listed(Object(each).Environment));
  return Object.fromEntries(variables.map((each) => [Object(each).Name, Object(each).Value]));
}

/** https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html */
function startNeeds({ ContainerDefinitions }: Properties): Permission[] {
  return listed(ContainerDefinitions).flatMap((each) => {
    const { Image, LogConfiguration } = Object(each);
    const [, repository = ''] = /\/([^:]+(?:::[^:]+)*):[^:]+$/.exec(writtenOf(Image)) ?? [];
    return [
      ...on('*', ['ecr:GetAuthorizationToken']),
      ...on(`${IN_ACCOUNT('ecr')}:repository/${repository}`, [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:GetDownloadUrlForLayer',
      ]),
      ...logNeeds(Object(Object(LogConfiguration).Options)['awslogs-group']),
    ];
  });
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html, by what its states are. */
function machineNeeds(id: string, machine: Properties, all: AllOf): Permission[] {
  const name = String(machine['StateMachineName']);
  const execution = (more: string) => `${IN_ACCOUNT('states')}:execution:<${id}>${more}`;
  const needs = statesIn(JSON.parse(writtenOf(machine['DefinitionString']))).flatMap((state) => {
    const resource = String(state['Resource'] ?? '');
    if (resource.startsWith('<')) return on(resource, ['lambda:InvokeFunction']);
    if (resource.endsWith(':ecs:runTask.sync')) return all('AWS::ECS::TaskDefinition').flatMap(runTaskNeeds);
    if (resource.endsWith(':aws-sdk:sfn:startExecution'))
      return on(`${IN_ACCOUNT('states')}:stateMachine:${name}`, ['states:StartExecution']);
    if (Object(Object(state['ItemProcessor']).ProcessorConfig).Mode !== 'DISTRIBUTED') return [];
    return [
      ...on(`<${id}>`, ['states:StartExecution']),
      ...on(execution(':each'), ['states:DescribeExecution', 'states:StopExecution']),
      ...on(execution('/map:each'), ['states:RedriveExecution']),
    ];
  });
  if (machine['LoggingConfiguration'] === undefined) return needs;
  return [...needs, ...on('*', LOG_DELIVERY)];
}

const LOG_DELIVERY = [
  ...['CreateLogDelivery', 'DeleteLogDelivery', 'GetLogDelivery', 'ListLogDeliveries', 'UpdateLogDelivery'],
  ...['DescribeLogGroups', 'DescribeResourcePolicies', 'PutResourcePolicy'],
].map((action) => `logs:${action}`);

function runTaskNeeds([id, { TaskRoleArn, ExecutionRoleArn }]: readonly [string, Properties]): Permission[] {
  const part = `<${id}>`;
  return [
    ...on(`arn:${part}:${part}:${part}:${part}:${part}/${part}:1`, ['ecs:RunTask']),
    ...on('*', ['ecs:DescribeTasks', 'ecs:StopTask']),
    ...[TaskRoleArn, ExecutionRoleArn].flatMap((role) => on(writtenOf(role), ['iam:PassRole'])),
    ...on(`${IN_ACCOUNT('events')}:rule/StepFunctionsGetEventsForECSTaskRule`, [
      'events:DescribeRule',
      'events:PutRule',
      'events:PutTargets',
    ]),
  ];
}

/** Those within others too. */
function statesIn(value: unknown): Properties[] {
  if (typeof value !== 'object' || value === null) return [];
  const within = Object.values(value).flatMap(statesIn);
  return 'Type' in value ? [{ ...value }, ...within] : within;
}

function integrationNeeds(integration: unknown, stream: string): Permission[] {
  const [, action] = /:kinesis:action\/(\w+)$/.exec(writtenOf(Object(integration).Uri)) ?? [];
  return action === undefined ? [] : on(`<${stream}>`, [`kinesis:${action}`]);
}

const on = (resource: string, actions: readonly string[]): Permission[] =>
  actions.map((action) => ({ action, resource }));

function logNeeds(group: unknown): Permission[] {
  return on(writtenOf(group), ['logs:CreateLogStream', 'logs:PutLogEvents']);
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

/** References by logical id; of a table's change stream `<id>/stream`; of a part of an ARN as of the whole. */
function writtenOf(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if ('Ref' in value) return `<${String(value.Ref)}>`;
  if ('Fn::GetAtt' in value) {
    const [id, attribute] = listed(value['Fn::GetAtt']);
    return attribute === 'StreamArn' ? `<${String(id)}>/stream` : `<${String(id)}>`;
  }
  if ('Fn::Join' in value) return listed(listed(value['Fn::Join'])[1]).map(writtenOf).join('');
  if ('Fn::Sub' in value) return String(value['Fn::Sub']).replaceAll(/\$\{([^}]+)\}/g, '<$1>');
  if ('Fn::Select' in value) return writtenOf(listed(value['Fn::Select'])[1]);
  if ('Fn::Split' in value) return writtenOf(listed(value['Fn::Split'])[1]);
  return JSON.stringify(value);
}

const listed = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
