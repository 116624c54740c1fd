// Comma-separated values (RFC 4180) under a header; semicolons and tabs separate too. Cells are texts. Lines that begin with
// `#` before the header are notes, as those of InfluxDB's annotated form.

const SEPARATORS = [',', ';', '\t'];

export interface CsvTable {
  readonly header: string;
  readonly rows: readonly CsvRow[];
}

export interface CsvRow {
  readonly line: string;
  /** By the column's name; undefined where the line has no such cell. */
  readonly cells: Readonly<Record<string, string | undefined>>;
}

/** At most so many lines; undefined for what has no header of two columns and a row. */
export function readCsvTable(text: string, most: number): CsvTable | undefined {
  const [header = '', ...lines] = rowsOf(text, most + 1);
  const separator = SEPARATORS.map((each) => ({ each, cells: cellsOf(header, each).length })).sort(
    (a, b) => b.cells - a.cells,
  )[0];
  if (separator === undefined || separator.cells < 2 || lines.length === 0 || /^\s*[[{<]/.test(header))
    return undefined;
  const names = cellsOf(header, separator.each).map((name) => name.trim());
  const rows = lines.map((line) => {
    const cells = cellsOf(line, separator.each);
    const entries = names.flatMap((name, at) => (name === '' ? [] : [[name, cells[at]?.trim()] as const]));
    return { line, cells: Object.fromEntries(entries) };
  });
  return { header, rows };
}

/** Rows that are not empty; one may go over several lines inside quotes. */
function rowsOf(text: string, most: number): string[] {
  const rows: string[] = [];
  let open = '';
  for (const line of text.split(/\r?\n/, most)) {
    open = open === '' ? line : `${open}\n${line}`;
    if ((open.match(/"/g)?.length ?? 0) % 2 === 1) continue;
    if (open.trim() !== '' && !(rows.length === 0 && open.startsWith('#'))) rows.push(open);
    open = '';
  }
  if (open !== '') rows.push(open);
  return rows;
}

function cellsOf(row: string, separator: string): string[] {
  const cells: string[] = [];
  let from = 0;
  let inQuotes = false;
  for (let at = 0; at <= row.length; at += 1) {
    if (row[at] === '"') inQuotes = !inQuotes;
    if (at < row.length && (inQuotes || row[at] !== separator)) continue;
    cells.push(unquoted(row.slice(from, at)));
    from = at + 1;
  }
  return cells;
}

function unquoted(cell: string): string {
  const text = cell.trim();
  return text.length > 1 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replaceAll('""', '"')
    : cell;
}
