// Rules for tables with replicas: one region writes. DynamoDB settles writes of two regions by "the last one wins", item by item, and
// judges a condition by the copy at hand: a version checked here would not have seen the write made there, and events would count
// twice or not at all. So whatever could write, or fold changes, in a second region fails the synthesis.
import { Stack } from 'aws-cdk-lib';
import { CfnGlobalTable, CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnPolicy } from 'aws-cdk-lib/aws-iam';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';

/** Over the whole app: a second stack may reach for the tables as well as this one. */
export function enforceSingleWriter(home: Stack): void {
  home.node.addValidation({
    validate: () =>
      globalTables(home).length === 0
        ? []
        : [...strongConsistency(home), ...writersElsewhere(home), ...readersElsewhere(home)],
  });
}

const globalTables = (stack: Stack) => stack.node.findAll().filter((node) => node instanceof CfnGlobalTable);

/** Strong consistency across regions knows no transactions and no TTL, which states and windows need. */
function strongConsistency(home: Stack): string[] {
  return globalTables(home)
    .filter(({ multiRegionConsistency }) => multiRegionConsistency === 'STRONG')
    .map(
      ({ node }) =>
        `${node.path} has multi-Region strong consistency, expected eventual: with it there are no transactions, and items do ` +
        'not expire. Leave MultiRegionConsistency out.',
    );
}

const WRITES = /^dynamodb:(\*|Put|Update|Delete|BatchWrite|PartiQL(Insert|Update|Delete)|Transact)/;

function writersElsewhere(home: Stack): string[] {
  const policies = home.node.root.node.findAll().filter((node) => node instanceof CfnPolicy);
  return policies.flatMap((policy) =>
    writtenBy(policy)
      .filter((resource) => isElsewhere(resource, Stack.of(policy), home))
      .map(
        (resource) =>
          `${policy.node.path} may write ${textOf(resource)} in a second region, expected writers of tables with replicas in ` +
          `${home.region} alone: the versions that their writes are conditional on hold within one region.`,
      ),
  );
}

interface Statement {
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly Resource?: unknown;
}

/** Resources of statements that allow writes to DynamoDB. */
function writtenBy(policy: CfnPolicy): readonly unknown[] {
  const document: { readonly Statement?: readonly Statement[] } = JSON.parse(
    textOf(Stack.of(policy).resolve(policy.policyDocument)),
  );
  return (document.Statement ?? [])
    .filter(({ Effect, Action }) => Effect === 'Allow' && listed(Action).some((one) => WRITES.test(one)))
    .flatMap(({ Resource }) => listed(Resource));
}

/** A function that folds the changes of a replica folds what another has folded already. */
function readersElsewhere(home: Stack): string[] {
  const mappings = home.node.root.node.findAll().filter((node) => node instanceof CfnEventSourceMapping);
  return mappings.flatMap((mapping) => {
    const own = Stack.of(mapping);
    const source: unknown = own.resolve(mapping.eventSourceArn);
    // Sources of services other than DynamoDB have no replicas.
    if (/:(kinesis|sqs|kafka|mq):/.test(textOf(source)) || !isElsewhere(source, own, home)) return [];
    return [
      `${mapping.node.path} reads ${textOf(source)} in a second region, expected readers of change streams in ${home.region} alone: ` +
        'a replica’s changes have been folded already where they were written.',
    ];
  });
}

/** In a stack of another region all but its own tables is; in this one, what is named by another region. */
function isElsewhere(resource: unknown, own: Stack, home: Stack): boolean {
  if (own !== home && own.region !== home.region) return !namesOwnTable(resource, own);
  const [, region] = /:dynamodb:([^:"]*):/.exec(textOf(resource)) ?? [];
  if (region === undefined || region === '' || region === home.region) return false;
  return region === '*' || /^[a-z]{2}(-[a-z]+)+-\d$/.test(region);
}

/** By `Ref` or `Fn::GetAtt`. */
function namesOwnTable(resource: unknown, own: Stack): boolean {
  const text = textOf(resource);
  return own.node
    .findAll()
    .filter((node) => node instanceof CfnTable || node instanceof CfnGlobalTable)
    .some((table) => text.includes(`"${String(own.resolve(table.logicalId))}"`));
}

const textOf = (value: unknown): string => JSON.stringify(value);

function listed<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value as T]; // what is no list is one of it
}
