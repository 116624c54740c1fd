// The text format of Prometheus and OpenMetrics: `name{label="value"} 1.5 1395066363000`.
import type { TextDocument } from './text-document.ts';

const SAMPLE =
  /^([a-zA-Z_:][a-zA-Z0-9_:]{0,255})(?:\{([^\n]*)\})?[ \t]+([+-]?(?:\d[\d.]*(?:[eE][+-]?\d+)?|Inf|NaN))(?:[ \t]+(-?\d+(?:\.\d+)?))?(?:[ \t]+#.*)?$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*,?\s*/y;

export function readPrometheus(text: string, most: number): readonly TextDocument[] | undefined {
  const lines = text.split(/\r?\n/, most);
  const isDescribed = lines.some((line) => /^# (?:HELP|TYPE) /.test(line));
  const samples = lines.filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const documents = samples.map((line) => ({ value: readSample(line.trim()), text: line }));
  const known = documents.filter(({ value }) => value !== undefined).length;
  return known > 0 && (isDescribed || known === documents.length) ? documents : undefined;
}

function readSample(line: string): Readonly<Record<string, unknown>> | undefined {
  const match = SAMPLE.exec(line);
  if (match === null) return undefined;
  const [, name, labels = '', value = '', timestamp] = match;
  const read = labelsOf(labels);
  if (read === undefined) return undefined;
  // OpenMetrics states seconds with a point, Prometheus ms without.
  const ms = timestamp?.includes('.') ? Math.round(Number(timestamp) * 1000) : timestamp;
  return {
    name,
    labels: read,
    value: Number(value.replace('Inf', 'Infinity')),
    ...(ms === undefined ? {} : { timestamp: ms }),
  };
}

function labelsOf(text: string): Readonly<Record<string, string>> | undefined {
  const labels: [string, string][] = [];
  LABEL.lastIndex = 0;
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const match = LABEL.exec(text);
    if (match === null) return undefined;
    const [, name = '', value = ''] = match;
    labels.push([name, value.replace(/\\(.)/g, (_, character) => (character === 'n' ? '\n' : character))]);
  }
  return Object.fromEntries(labels);
}
