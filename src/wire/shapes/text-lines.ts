// A text of one document a line: what most forms of text are.
import type { TextDocument } from './text-document.ts';

/**
 * The lines that say something, each read by itself; undefined where fewer than half are of the form. A line that is not is a
 * document without a value: it is refused alone.
 */
export function readTextLines(
  text: string,
  most: number,
  read: (line: string) => unknown,
): readonly TextDocument[] | undefined {
  const lines = text.split(/\r?\n/, most).filter((line) => line.trim() !== '');
  const documents = lines.map((line) => ({ value: read(line.trim()), text: line }));
  const known = documents.filter(({ value }) => value !== undefined).length;
  return known > 0 && 2 * known >= documents.length ? documents : undefined;
}
