// The text format of Prometheus and OpenMetrics: `name{label="value"} 1.5 1395066363000`.
import type { TextDocument } from './text-document.ts';

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]{0,255}/y;
/** A label's name may be in quotes, as may be the metric's, which then stands among them. */
const LABEL = /\s*(?:([a-zA-Z_][a-zA-Z0-9_]*)|"((?:[^"\\]|\\.)*)")\s*(?:=\s*"((?:[^"\\]|\\.)*)")?\s*(,?)\s*/y;
/** What stands behind `#` is an exemplar. */
const REST =
  /^[ \t]+([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?inf(?:inity)?|nan)(?:[ \t]+(-?\d+(?:\.\d+)?))?[ \t]*(?:#.*)?$/i;

export function readPrometheus(text: string, most: number): readonly TextDocument[] | undefined {
  const lines = text.split(/\r?\n/, most);
  const isDescribed = lines.some((line) => /^# (?:HELP|TYPE) /.test(line));
  // OpenMetrics ends so, and states seconds; Prometheus states ms.
  const inSeconds = lines.some((line) => line.trim() === '# EOF');
  const samples = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const documents = samples.map((line) => ({ value: readSample(line.trim(), inSeconds), text: line }));
  const known = documents.filter(({ value }) => value !== undefined).length;
  return known > 0 && (isDescribed || known === documents.length) ? documents : undefined;
}

function readSample(line: string, inSeconds: boolean): Readonly<Record<string, unknown>> | undefined {
  NAME.lastIndex = 0;
  const plainName = NAME.exec(line)?.[0];
  const labelsAt = plainName?.length ?? 0;
  const read = line[labelsAt] === '{' ? readLabels(line, labelsAt + 1) : { labels: {}, end: labelsAt };
  const rest = read === undefined ? null : REST.exec(line.slice(read.end));
  const name = plainName ?? read?.name;
  if (read === undefined || rest === null || name === undefined) return undefined;
  const [, value = '', stated] = rest;
  const timestamp = stated === undefined ? undefined : msOf(stated, inSeconds);
  const { labels } = read;
  return { name, labels, value: numberOf(value), ...(timestamp === undefined ? {} : { timestamp }) };
}

function msOf(stated: string, inSeconds: boolean): string | number {
  return inSeconds || stated.includes('.') ? Math.round(Number(stated) * 1000) : stated;
}

function numberOf(text: string): number {
  if (!/[a-df-z]/i.test(text)) return Number(text);
  return /nan/i.test(text)
    ? Number.NaN
    : text.startsWith('-')
      ? Number.NEGATIVE_INFINITY
      : Number.POSITIVE_INFINITY;
}

interface Labels {
  readonly labels: Readonly<Record<string, string>>;
  /** The metric's, where it stands among the labels. */
  readonly name?: string;
  /** Behind the closing brace. */
  readonly end: number;
}

function readLabels(line: string, from: number): Labels | undefined {
  const labels: [string, string][] = [];
  let name: string | undefined;
  let at = from;
  while (at < line.length && line[at] !== '}') {
    LABEL.lastIndex = at;
    const match = LABEL.exec(line);
    if (match === null) return undefined;
    const [, plain, quoted, value, comma] = match;
    const key = plain ?? unescaped(quoted ?? '');
    if (value !== undefined) labels.push([key, unescaped(value)]);
    else if (plain === undefined) name = key;
    else return undefined;
    at = LABEL.lastIndex;
    if (comma === '' && line[at] !== '}') return undefined;
  }
  if (line[at] !== '}') return undefined;
  return { labels: Object.fromEntries(labels), ...(name === undefined ? {} : { name }), end: at + 1 };
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character));
}
