// Reads `expected.csv`: kind,series,start,end,metric,aggregate,value[,tolerance].
import { quote } from '../core/describe-found.ts';
import { CaseError } from './case-error.ts';
import type { Expectation, ExpectedRow, RowKind } from './case-rows.ts';
import { ROW_KINDS } from './case-rows.ts';

const COLUMNS = ['kind', 'series', 'start', 'end', 'metric', 'aggregate', 'value', 'tolerance'] as const;
const ONLY = '#only';
/** Numbers are computed in another order, and printed: nothing else may tell them apart. */
const DEFAULT_TOLERANCE = 1e-12;

/** @throws CaseError naming the file, the line, what was found and what was expected */
export function readExpected(text: string, file: string): Expectation {
  const lines = text.split(/\r?\n/);
  const only = new Set<RowKind>();
  const rows: ExpectedRow[] = [];
  let isHeadRead = false;
  for (const [at, line] of lines.entries()) {
    const where = `${file}, line ${at + 1}`;
    if (line.trim() === '') continue;
    if (!isHeadRead && line.startsWith(ONLY)) {
      for (const kind of line.slice(ONLY.length).split(',')) only.add(readKind(kind.trim(), where));
      continue;
    }
    const fields = readFields(line, where);
    if (isHeadRead) rows.push(readRow(fields, at + 1, where));
    else expectHead(fields, where);
    isHeadRead = true;
  }
  if (!isHeadRead) throw new CaseError(`${file}: found no line, expected ${COLUMNS.join(',')}`);
  return { rows, only };
}

function expectHead(fields: readonly string[], where: string): void {
  const head = fields.join(',');
  if (head === COLUMNS.join(',') || head === COLUMNS.slice(0, -1).join(',')) return;
  throw new CaseError(`${where}: found ${quote(head)}, expected the columns ${COLUMNS.join(',')}`);
}

function readRow(fields: readonly string[], line: number, where: string): ExpectedRow {
  if (fields.length < COLUMNS.length - 1 || fields.length > COLUMNS.length) {
    throw new CaseError(`${where}: found ${fields.length} fields, expected ${COLUMNS.join(',')}`);
  }
  const [kind = '', series = '', start = '', end = '', metric = '', aggregate = '', text = '', within = ''] =
    fields;
  if (aggregate === '') throw new CaseError(`${where}: aggregate: found nothing, expected a name`);
  return {
    line,
    kind: readKind(kind, where),
    series,
    start: readTime(start, `${where}: start`),
    end: readTime(end, `${where}: end`),
    metric,
    aggregate,
    value: readValue(text, where),
    text,
    tolerance: within === '' ? DEFAULT_TOLERANCE : readNumber(within, `${where}: tolerance`),
  };
}

function readKind(text: string, where: string): RowKind {
  const kind = ROW_KINDS.find((each) => each === text);
  if (kind !== undefined) return kind;
  throw new CaseError(`${where}: found the kind ${quote(text)}, expected one of ${ROW_KINDS.join(', ')}`);
}

function readTime(text: string, where: string): string {
  if (/^-?\d*$/.test(text)) return text;
  throw new CaseError(`${where}: found ${quote(text)}, expected ms since the epoch`);
}

function readValue(text: string, where: string): ExpectedRow['value'] {
  if (text === 'absent') return text;
  if (text === '*') return 'any';
  if (text === 'true' || text === 'false') return text === 'true' ? 1 : 0;
  return readNumber(text, `${where}: value`);
}

function readNumber(text: string, where: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isNaN(value)) return value;
  throw new CaseError(`${where}: found ${quote(text)}, expected a number, "absent" or "*"`);
}

/** The fields of one line; those in double quotes may hold commas, and quotes twice. */
function readFields(line: string, where: string): readonly string[] {
  const fields: string[] = [];
  for (let at = 0; at <= line.length; at += 1) {
    const [whole, quoted, plain = ''] =
      /^"((?:[^"]|"")*)"(?=,|$)|^([^",]*)(?=,|$)/.exec(line.slice(at)) ?? [];
    if (whole === undefined)
      throw new CaseError(`${where}: found ${quote(line.slice(at))}, expected fields of CSV`);
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    at += whole.length;
  }
  return fields;
}
