// AWS::Lambda::EventSourceMapping
import { asObject, asText, ifPresent } from './property.ts';
import type { FunctionSpec } from './read-function.ts';
import type { StreamSpec } from './read-stream.ts';
import type { TableSpec } from './read-table.ts';
import type { ResourceToRead } from './resource-to-read.ts';

type MappingSource =
  | { readonly kind: 'kinesis'; readonly stream: StreamSpec }
  | { readonly kind: 'dynamodb'; readonly table: TableSpec };

export interface MappingSpec {
  readonly logicalId: string;
  readonly uuid: string;
  readonly source: MappingSource;
  readonly fn: FunctionSpec;
  /** Every property as the template has it, references resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
  readonly failureDestinationArn: string | undefined;
}

interface Known {
  readonly streams: readonly StreamSpec[];
  readonly tables: readonly TableSpec[];
  readonly functions: readonly FunctionSpec[];
}

export function readMapping(
  { logicalId, name, property, properties }: ResourceToRead,
  known: Known,
): MappingSpec {
  const destination = ifPresent(property('DestinationConfig'), asObject, `${logicalId}.DestinationConfig`);
  const onFailure = ifPresent(destination?.['OnFailure'], asObject, `${logicalId}.OnFailure`);
  return {
    logicalId,
    uuid: name,
    source: sourceOf(asText(property('EventSourceArn'), `${logicalId}.EventSourceArn`), logicalId, known),
    fn: functionOf(asText(property('FunctionName'), `${logicalId}.FunctionName`), logicalId, known.functions),
    properties: Object.fromEntries(properties.map((key) => [key, property(key)])),
    failureDestinationArn: ifPresent(
      onFailure?.['Destination'],
      asText,
      `${logicalId}.OnFailure.Destination`,
    ),
  };
}

function sourceOf(arn: string, logicalId: string, { streams, tables }: Known): MappingSource {
  const stream = streams.find((candidate) => candidate.arn === arn);
  if (stream !== undefined) return { kind: 'kinesis', stream };
  const table = tables.find((candidate) => candidate.streamArn === arn);
  if (table === undefined) {
    throw new Error(`template, ${logicalId}.EventSourceArn: found ${arn}, expected a stream of this stack`);
  }
  if (table.streamView === undefined) {
    throw new Error(
      `template, ${logicalId}.EventSourceArn: table ${table.logicalId} has no change stream (StreamSpecification)`,
    );
  }
  return { kind: 'dynamodb', table };
}

/** By name or by ARN. */
function functionOf(nameOrArn: string, logicalId: string, functions: readonly FunctionSpec[]): FunctionSpec {
  const found = functions.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
  if (found !== undefined) return found;
  throw new Error(
    `template, ${logicalId}.FunctionName: found ${nameOrArn}, expected a function of this stack`,
  );
}
