// One kind of event out of a document: how it is cut, and where its fields stand.
import type { DefinitionReader } from '../pipeline/definition-reader.ts';
import { readConditions } from './read-condition.ts';
import { found, readPath, readTextField } from './read-field.ts';
import { readTags, readValues } from './read-rules.ts';
import { readTimeField } from './read-time-field.ts';
import type { EachStep, Opening, ShapePart, TextField } from './shape.ts';
import type { OpenStep } from './shape-definition.ts';
import { OPEN_STEPS } from './shape-definition.ts';
import { nameOfStep } from './shape-path.ts';

const MAX_EACH = 8;
const MAX_OPENINGS = 16;

/** `isWhole`: the shape itself, whose `when` is asked of the document and not of the part. */
export function readPart(reader: DefinitionReader, { isWhole }: { readonly isWhole: boolean }): ShapePart {
  const source = readTextField(reader, 'source', reader.raw('source'));
  if (!reader.has('source')) reader.problem('source', 'missing, expected where the source stands');
  const id = readTextField(reader, 'id', reader.raw('id'));
  const type = readTextField(reader, 'type', reader.raw('type'));
  const time = readTimeField(reader);
  const tags = readTags(reader);
  const offset: TextField = time.plus === undefined ? [] : [{ kind: 'path', path: time.plus.path }];
  const fields = [source, id, type, time.from, offset, ...tags.map(({ from }) => from)];
  const taken = fields.flatMap(namesTaken);
  return {
    when: isWhole ? [] : readConditions(reader, 'when'),
    ignore: reader.has('ignore') ? readConditions(reader, 'ignore') : undefined,
    each: readEach(reader),
    open: readOpenings(reader),
    source,
    id,
    type,
    time,
    values: readValues(reader, taken),
    tags,
  };
}

function readEach(reader: DefinitionReader): readonly EachStep[] {
  const value = reader.raw('each');
  if (value === undefined) return [];
  const steps: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (steps.length === 0 || steps.length > MAX_EACH) {
    reader.problem('each', `found a list of ${steps.length}, expected 1 to ${MAX_EACH}`);
  }
  const each = steps.flatMap((step, at) =>
    readEachStep(reader, Array.isArray(value) ? `each[${at}]` : 'each', step),
  );
  const transposed = each.findIndex(({ kind }) => kind === 'transpose');
  if (transposed >= 0 && transposed < each.length - 1)
    reader.problem('each', `found a step behind {"transpose": …}, expected it to be the last`);
  return each;
}

function readEachStep(reader: DefinitionReader, key: string, step: unknown): readonly EachStep[] {
  if (typeof step === 'string') {
    return readPath(reader, key, step).map((path) => {
      if (typeof path.from !== 'number' || path.from > 0 || path.segment !== undefined)
        reader.problem(key, `found ${JSON.stringify(step)}, expected a path that begins at the part at hand`);
      return { kind: 'path', path };
    });
  }
  if (typeof step === 'object' && step !== null && 'transpose' in step)
    return readPath(reader, `${key}.transpose`, step.transpose).map((lists) => ({
      kind: 'transpose',
      lists,
    }));
  const table =
    typeof step === 'object' && step !== null && 'rows' in step && 'columns' in step ? step : undefined;
  if (table === undefined) {
    reader.problem(
      key,
      `${found(step)}, expected a path such as "items[*]", {"rows": …, "columns": …}, or {"transpose": …}`,
    );
    return [];
  }
  const [rows] = readPath(reader, `${key}.rows`, table.rows);
  const { columns } = table;
  if (Array.isArray(columns) && columns.every((name): name is string => typeof name === 'string')) {
    return rows === undefined ? [] : [{ kind: 'rows', rows, columns }];
  }
  const [path] = readPath(reader, `${key}.columns`, columns);
  return rows === undefined || path === undefined ? [] : [{ kind: 'rows', rows, columns: path }];
}

function readOpenings(reader: DefinitionReader): readonly Opening[] {
  const child = reader.child('open');
  if (child === undefined) return [];
  if (child.keys().length > MAX_OPENINGS) {
    child.problem('', `found ${child.keys().length} entries, expected at most ${MAX_OPENINGS}`);
  }
  return child.keys().flatMap((text) => {
    const steps = (child.texts(text, { allowed: OPEN_STEPS }) ?? []) as readonly OpenStep[]; // any other is a problem noted
    return readPath(child, text, text).map((path) => ({ path, steps }));
  });
}

/** The dotted names a field is read from, where they begin at the part itself. */
function namesTaken(field: TextField): readonly string[] {
  const paths = field.flatMap((one) =>
    one.kind === 'path' ? [one.path] : one.pieces.filter((piece) => typeof piece !== 'string'),
  );
  return paths.flatMap(({ from, steps }) => {
    const names = steps.map(nameOfStep);
    return from === 0 && names.length > 0 && !names.includes('*') ? [names.join('.')] : [];
  });
}
