// The aggregate function with what it was measured against: one call of the API for each state written.
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { eachOf } from '../../../src/platform/each-of.ts';
import type { Attribute, VersionedOutcome, VersionedWrite } from '../../../src/stores/table.ts';
import { tableOver } from '../../support/table-over.ts';
import type { BenchCase } from '../bench-case.ts';
import { createAggregateCase } from './aggregate.ts';

/** As many as hide the round trips of a hundred calls. */
const CALLS_AT_ONCE = 32;

export function createCase(): BenchCase {
  return createAggregateCase((table, { client }) =>
    tableOver(table, {
      async commit(writes) {
        const outcomes: VersionedOutcome[] = [];
        await eachOf([...writes.entries()], CALLS_AT_ONCE, async ([at, write]) => {
          outcomes[at] = await update(client, write);
        });
        return outcomes;
      },
    }),
  );
}

async function update(client: DynamoDBClient, write: VersionedWrite): Promise<VersionedOutcome> {
  const sets = ['#version = :version'];
  const removes: string[] = [];
  const names: Record<string, string> = { '#version': 'version' };
  const values: Record<string, Attribute> = { ':version': { N: String(write.version) } };
  for (const [name, attribute] of Object.entries(write.attributes)) {
    names[`#${name}`] = name;
    if (attribute === undefined) removes.push(`#${name}`);
    else {
      sets.push(`#${name} = :${name}`);
      values[`:${name}`] = attribute;
    }
  }
  const isNew = write.expectedVersion === undefined;
  if (!isNew) values[':expected'] = { N: String(write.expectedVersion) };
  try {
    await client.send(
      new UpdateItemCommand({
        TableName: 'sources',
        Key: { ...write.key },
        UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`,
        ConditionExpression: isNew ? 'attribute_not_exists(#version)' : '#version = :expected',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: values,
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
    return { kind: 'committed' };
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return { kind: 'refused', stored: undefined };
    return { kind: 'failed', reason: String(error) };
  }
}
