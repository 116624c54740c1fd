// Rows of comma-separated values: a shape makes numbers of their cells.
import { readCsvTable } from '../../core/csv.ts';
import type { TextDocument } from './text-document.ts';

export function readCsv(text: string, most: number): readonly TextDocument[] | undefined {
  const table = readCsvTable(text, most);
  return table?.rows.map(({ line, cells }) => ({ value: cells, text: `${table.header}\n${line}` }));
}
