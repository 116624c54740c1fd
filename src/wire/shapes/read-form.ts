// Forms as web clients post them, one a line: `id=7&time=2026-03-01+08%3A00%3A00&t=21.5`, also behind the `?` of an address.
import type { TextDocument } from './text-document.ts';
import { readTextLines } from './text-lines.ts';

/** More than any form has members, and a line that is none is told at once. */
const MAX_MEMBERS = 2_000;
const FORM =
  /^(?:[^\s?&=]{0,1000}\?)?([\w.%+~-]{1,100}=[^&\s]{0,1000}(?:&[\w.%+~-]{1,100}=[^&\s]{0,1000})+)$/;

export function readForm(text: string, most: number): readonly TextDocument[] | undefined {
  return readTextLines(text, most, membersOf);
}

function membersOf(line: string): Readonly<Record<string, string>> | undefined {
  const [, form] = FORM.exec(line) ?? [];
  if (form === undefined) return undefined;
  // A member that is stated twice is what was stated last.
  return Object.fromEntries([...new URLSearchParams(form)].slice(0, MAX_MEMBERS));
}
