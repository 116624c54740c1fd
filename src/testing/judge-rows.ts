// What is expected against what is found: the rows that differ.
import type { Expectation, ExpectedRow, FoundRow, RowKind } from './case-rows.ts';
import { rowText } from './case-rows.ts';

export interface RowDifference {
  /** What the number is of, as `expected.csv` has it. */
  readonly row: string;
  readonly expected: string;
  readonly found: string;
}

/** Empty where everything is as expected. */
export function judgeRows({ rows, only }: Expectation, found: readonly FoundRow[]): readonly RowDifference[] {
  const places = Map.groupBy(found, placeOf);
  const meant = new Set<FoundRow>();
  const differences = rows.flatMap((row) => {
    const matching = (places.get(placeOf(row)) ?? []).filter((each) => isMeant(row, each));
    for (const each of matching) meant.add(each);
    const text = foundInstead(row, matching, found);
    return text === undefined ? [] : [{ row: rowText(row), expected: row.text, found: text }];
  });
  const others = found.filter((row) => !meant.has(row) && isExcluded(row, { rows, only }));
  return [
    ...differences,
    ...others.map((row) => ({ row: rowText(row), expected: 'absent', found: valueText(row.value) })),
  ];
}

/** Fields of these that are left empty are not looked at. */
const LOOSE: ReadonlySet<RowKind> = new Set(['alert', 'letter', 'ledger']);

/** Rows that an expected one means are in its place, among others. */
function placeOf(row: FoundRow | ExpectedRow): string {
  return LOOSE.has(row.kind) ? `${row.kind} ${row.aggregate}` : rowText(row);
}

function isMeant(row: ExpectedRow, found: FoundRow): boolean {
  if (!LOOSE.has(row.kind)) return true;
  // In the books a series of no name is all sources together.
  const isSeries = row.series === found.series || (row.series === '' && row.kind !== 'ledger');
  const isSame = (name: 'start' | 'end' | 'metric') => row[name] === '' || row[name] === found[name];
  return isSeries && isSame('start') && isSame('end') && isSame('metric');
}

/** undefined: what is expected. */
function foundInstead(
  row: ExpectedRow,
  matching: readonly FoundRow[],
  all: readonly FoundRow[],
): string | undefined {
  const [first] = matching;
  if (row.value === 'absent') return first === undefined ? undefined : valueText(first.value);
  if (first === undefined) return `absent${alertInstead(row, all)}`;
  if (row.value === 'any') return undefined;
  // Letters of several sources add up; of everything else one row is meant.
  const value =
    row.kind === 'letter' ? matching.reduce((sum, each) => sum + (each.value ?? 0), 0) : first.value;
  return agrees(row.value, value, row.tolerance) ? undefined : valueText(value);
}

/** Relative to what is expected; where that is 0, absolute. */
function agrees(expected: number, found: number | undefined, tolerance: number): boolean {
  if (found === undefined) return false;
  if (expected === found) return true;
  return Math.abs(found - expected) <= tolerance * (expected === 0 ? 1 : Math.abs(expected));
}

function valueText(value: number | undefined): string {
  return value === undefined ? 'no value' : String(value);
}

/** A transition of the same id that is another than the expected one. */
function alertInstead({ kind, series }: ExpectedRow, all: readonly FoundRow[]): string {
  if (kind !== 'alert') return '';
  const others = all.filter((row) => row.kind === kind && row.series === series).map(rowText);
  return others.length === 0 ? '' : `; there is ${others.join(' and ')}`;
}

/** Whether the row should not be there: its kind may have no rows but the expected ones with the aggregates named, or none at all where none is named. */
function isExcluded(row: FoundRow, { rows, only }: Expectation): boolean {
  if (!only.has(row.kind)) return false;
  const named = rows.filter(({ kind }) => kind === row.kind);
  return named.length === 0 || named.some(({ aggregate }) => aggregate === row.aggregate);
}
