// A versioned write as a PartiQL statement: an INSERT is refused where the item is there, an UPDATE where it has another version.
import type { BatchStatementRequest } from '@aws-sdk/client-dynamodb';
import type { Attribute, VersionedWrite } from './table.ts';

/** Values stand in `Parameters`, in the order of the question marks; names are the program's own. */
export interface Statement extends BatchStatementRequest {
  readonly Statement: string;
  readonly Parameters: Attribute[];
}

export function statementFor(table: string, write: VersionedWrite): Statement {
  return write.expectedVersion === undefined
    ? insert(table, write)
    : update(table, write, { N: String(write.expectedVersion) });
}

function insert(table: string, { key, version, attributes }: VersionedWrite): Statement {
  const parameters: Attribute[] = [];
  let fields = '';
  const add = (name: string, attribute: Attribute) => {
    fields += fields === '' ? `'${name}': ?` : `, '${name}': ?`;
    parameters.push(attribute);
  };
  for (const [name, attribute] of Object.entries(key)) add(name, attribute);
  add('version', { N: String(version) });
  for (const [name, attribute] of Object.entries(attributes))
    if (attribute !== undefined) add(name, attribute);
  return { Statement: `INSERT INTO "${table}" VALUE {${fields}}`, Parameters: parameters };
}

/** Made for each state that is written: texts are put together without lists of their parts. */
function update(
  table: string,
  { key, version, expected, attributes }: VersionedWrite,
  expectedVersion: Attribute,
): Statement {
  const parameters: Attribute[] = [{ N: String(version) }];
  let text = `UPDATE "${table}" SET "version"=?`;
  for (const name in attributes) {
    const attribute = attributes[name];
    if (attribute === undefined) text += ` REMOVE "${name}"`;
    else {
      text += ` SET "${name}"=?`;
      parameters.push(attribute);
    }
  }
  text += ' WHERE ';
  for (const name in key) {
    const attribute = key[name];
    if (attribute === undefined) continue;
    text += `"${name}"=? AND `;
    parameters.push(attribute);
  }
  text += '"version"=?';
  parameters.push(expectedVersion);
  if (expected !== undefined) {
    text += ` AND "${expected.name}"=?`;
    parameters.push(expected.value);
  }
  return { Statement: text, Parameters: parameters, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
}
