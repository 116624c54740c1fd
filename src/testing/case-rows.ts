// Rows of a recorded case: what is expected of a pipeline, and what is found in one, each a number under a name.

export const ROW_KINDS = ['window', 'rollup', 'alert', 'letter', 'ledger'] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/** What a number is of. Fields are as `expected.csv` has them; those that say nothing are empty. */
export interface RowName {
  readonly kind: RowKind;
  readonly series: string;
  readonly start: string;
  readonly end: string;
  readonly metric: string;
  readonly aggregate: string;
}

export interface FoundRow extends RowName {
  readonly value: number | undefined;
}

export interface ExpectedRow extends RowName {
  /** 1-based, in `expected.csv`. */
  readonly line: number;
  readonly value: number | 'absent' | 'any';
  /** As the file has it. */
  readonly text: string;
  /** Relative; of zero, absolute. */
  readonly tolerance: number;
}

export interface Expectation {
  readonly rows: readonly ExpectedRow[];
  /** Kinds of which there are no other rows with the aggregates named. */
  readonly only: ReadonlySet<RowKind>;
}

/** As a line of `expected.csv` has it, without a value. */
export function rowText({ kind, series, start, end, metric, aggregate }: RowName): string {
  return [kind, series, start, end, metric, aggregate].map(field).join(',');
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
