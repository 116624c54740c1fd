// What only AWS can say of a stack: alarms, the mappings' metrics, how its tables are kept, what its roles may do.
import type { AwsAccount, AwsResource } from './aws-account.ts';
import { until } from './place.ts';
import { broken, HELD, type Outcome, type Step, untried } from './step.ts';

const LOCAL = 'a local run has no such service';

export const AWS_STEPS: readonly Step[] = [
  onAws(
    {
      id: 'aws.alarms',
      holds: 'all alarms of the stack are there, and none is on',
      otherwise: 'docs/runbook.md has an entry for each: its description names it',
    },
    async ({ aws, resources }) => {
      const names = physicalIds(resources, 'AWS::CloudWatch::Alarm');
      const states = await aws.alarms(names);
      const lacking = names.filter((name) => !states.has(name));
      if (lacking.length > 0) return broken(`these are missing: ${lacking.join(', ')}`);
      const on = names.filter((name) => states.get(name) === 'ALARM');
      return on.length === 0 ? HELD : broken(`these are on: ${on.join(', ')}`);
    },
  ),
  onAws(
    {
      id: 'aws.mapping-metrics',
      holds: 'the mappings report how many events they have read',
      otherwise: 'alarms on what mappings drop never go off: look at MetricsConfig of the mappings',
    },
    async ({ aws, resources, wait }) => {
      const mappings = physicalIds(resources, 'AWS::Lambda::EventSourceMapping');
      if (mappings.length === 0) return broken('the stack has no event source mapping');
      const read = await wait(async () => {
        for (const id of mappings) {
          const dimensions = { EventSourceMappingUUID: id };
          const polled = await aws.metric({ namespace: 'AWS/Lambda', name: 'PolledEventCount', dimensions });
          if (polled !== undefined && polled > 0) return polled;
        }
        return undefined;
      });
      return read === undefined
        ? untried(
            'no figure has come yet: metrics may take minutes; try again with --only aws --patience 600',
          )
        : HELD;
    },
  ),
  onAws(
    {
      id: 'aws.protection',
      holds: 'tables that are kept are protected from deletion',
      otherwise: 'the first creation was with -c firstCreate=true: deploy once more without it',
    },
    async ({ aws, resources }) => {
      const kept = await aws.kept();
      const tables = resources.filter(
        ({ type, logicalId }) => /^AWS::DynamoDB::(?:Global)?Table$/.test(type) && kept.has(logicalId),
      );
      if (tables.length === 0) return untried('this stack keeps no data: it is to be thrown away');
      const open: string[] = [];
      for (const { physicalId } of tables) if (!(await aws.isProtected(physicalId))) open.push(physicalId);
      return open.length === 0 ? HELD : broken(`these are not: ${open.join(', ')}`);
    },
  ),
  onAws(
    {
      id: 'aws.roles',
      holds:
        'no function may read the private keys, delete tables or change roles, and the authorizer may read the public keys',
      otherwise:
        'a role lets its function do more, or less, than the stack says: compare it with the template',
    },
    async ({ aws, resources }) => {
      const secrets = resources.filter(({ type }) => type === 'AWS::SecretsManager::Secret');
      const signing = secrets.find(({ logicalId }) => logicalId.includes('Signing'))?.physicalId;
      const verifying = secrets.find(({ logicalId }) => logicalId.includes('Verifying'))?.physicalId;
      if (signing === undefined || verifying === undefined)
        return broken(`found ${secrets.length} secrets, expected those of private and of public keys`);
      const roles = resources.filter(({ type, logicalId }) => type === 'AWS::IAM::Role' && isOwn(logicalId));
      const read = 'secretsmanager:GetSecretValue';
      for (const { physicalId: role } of roles)
        for (const { action, resource } of [
          { action: read, resource: signing },
          { action: 'dynamodb:DeleteTable', resource: '*' },
          { action: 'iam:PutRolePolicy', resource: '*' },
        ])
          if (await aws.mayDo({ role, action, resource }))
            return broken(`${role} may ${action} on ${resource}`);
      const authorizer = roles.find(({ logicalId }) => logicalId.startsWith('DoorAuthorize'))?.physicalId;
      if (authorizer === undefined) return broken('found no role of the authorizer');
      return (await aws.mayDo({ role: authorizer, action: read, resource: verifying }))
        ? HELD
        : broken('the authorizer may not read the public keys');
    },
  ),
];

/** The CDK's own are for the time of a deployment, and may do more. */
function isOwn(logicalId: string): boolean {
  return !logicalId.startsWith('Custom');
}

interface OnAws {
  readonly aws: AwsAccount;
  readonly resources: readonly AwsResource[];
  readonly wait: <T>(look: () => Promise<T | undefined>) => Promise<T | undefined>;
}

function onAws(step: Omit<Step, 'run'>, run: (on: OnAws) => Promise<Outcome>): Step {
  return {
    ...step,
    run: async (place) => {
      const { aws } = place;
      if (aws === undefined) return untried(LOCAL);
      return await run({ aws, resources: await aws.resources(), wait: (look) => until(place, look) });
    },
  };
}

function physicalIds(resources: readonly AwsResource[], type: string): readonly string[] {
  return resources.filter((one) => one.type === type).map(({ physicalId }) => physicalId);
}
