// Graphite's lines, as Carbon takes them: `servers.web01.cpu.load 0.42 1455320690`, `disk.used;rack=a1 42 1455320692`.
import type { TextDocument } from './text-document.ts';
import { readTextLines } from './text-lines.ts';

const LINE =
  /^([^\s;#{}"]{1,512})((?:;[^\s;=]{1,128}=[^\s;]{1,256}){0,64})[ \t]+([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?|nan)[ \t]+(\d{9,10}(?:\.\d{1,9})?|-1|N)$/i;

export function readGraphite(text: string, most: number): readonly TextDocument[] | undefined {
  // Comments are Prometheus's, whose lines look alike.
  return /^#/m.test(text) ? undefined : readTextLines(text, most, readLine);
}

function readLine(line: string): Readonly<Record<string, unknown>> | undefined {
  const [, path, tags = '', value, time = ''] = LINE.exec(line) ?? [];
  if (path === undefined || value === undefined) return undefined;
  const leafAt = path.lastIndexOf('.');
  return {
    path,
    ...(leafAt > 0 && leafAt < path.length - 1
      ? { folder: path.slice(0, leafAt), leaf: path.slice(leafAt + 1) }
      : {}),
    value,
    ...(tags === '' ? {} : { tags: Object.fromEntries(tags.slice(1).split(';').map(entryOf)) }),
    // Carbon takes either for now.
    ...(/^(?:-1|N)$/i.test(time) ? {} : { timestamp: time }),
  };
}

function entryOf(tag: string): readonly [string, string] {
  const at = tag.indexOf('=');
  return [tag.slice(0, at), tag.slice(at + 1)];
}
