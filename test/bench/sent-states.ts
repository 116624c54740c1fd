// Reads states out of the requests that wrote them.
import type { SentRequest } from './stub-dynamodb.ts';

export interface SentState {
  readonly source: string;
  /** See `encodeState`. */
  readonly state: Uint8Array;
}

/** States written to the table `sources`; how far the stream has been read is written to another. @throws Error for a write there without a state */
export function sentStates({ operation, body }: SentRequest): SentState[] {
  if (operation === 'BatchGetItem') return [];
  if (operation === 'BatchExecuteStatement')
    return listOf(body['Statements'])
      .filter((each) => String(recordOf(each)['Statement']).includes('"sources"'))
      .map(ofStatement);
  if (body['TableName'] !== 'sources') return [];
  const values = { ...recordOf(body['Key']), ...recordOf(body['ExpressionAttributeValues']) };
  return [{ source: textIn(values['source']), state: bytesIn(values[':state']) }];
}

/** Each parameter belongs to the name before its question mark. */
function ofStatement(statement: unknown): SentState {
  const { Statement, Parameters } = recordOf(statement);
  const parameters = listOf(Parameters);
  const names = [...String(Statement).matchAll(/["'](\w+)["'](?:=|: )\?/g)].map(([, name]) => name);
  const parameterOf = (name: string) => parameters[names.indexOf(name)];
  return { source: textIn(parameterOf('source')), state: bytesIn(parameterOf('state')) };
}

function textIn(attribute: unknown): string {
  const { S } = recordOf(attribute);
  if (typeof S !== 'string') throw new Error(`found ${JSON.stringify(attribute)}, expected a text attribute`);
  return S;
}

function bytesIn(attribute: unknown): Uint8Array {
  const { B } = recordOf(attribute);
  if (typeof B !== 'string') throw new Error(`found ${JSON.stringify(attribute)}, expected bytes`);
  return Buffer.from(B, 'base64');
}

function listOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`found ${JSON.stringify(value)}, expected a list`);
  return value;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null)
    throw new Error(`found ${JSON.stringify(value)}, expected an object`);
  return { ...value };
}
