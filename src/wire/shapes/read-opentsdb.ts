// OpenTSDB's telnet lines: `put sys.cpu.user 1356998400 42.5 host=webserver01 cpu=0`. The same members as its JSON has.
import type { TextDocument } from './text-document.ts';
import { readTextLines } from './text-lines.ts';

const LINE =
  /^put[ \t]+(\S{1,256})[ \t]+(\d{10}(?:\.\d{1,3})?|\d{13})[ \t]+([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?)((?:[ \t]+[^\s=]{1,128}=[^\s=]{1,256}){0,64})$/;

export function readOpentsdb(text: string, most: number): readonly TextDocument[] | undefined {
  return readTextLines(text, most, readLine);
}

function readLine(line: string): Readonly<Record<string, unknown>> | undefined {
  const [, metric, timestamp, value, pairs = ''] = LINE.exec(line) ?? [];
  if (metric === undefined) return undefined;
  const tags = pairs
    .trim()
    .split(/\s+/)
    .filter((pair) => pair !== '')
    .map((pair) => pair.split('=', 2));
  return { metric, timestamp, value, tags: Object.fromEntries(tags) };
}
