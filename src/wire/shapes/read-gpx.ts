// GPX: points of tracks, routes and way points. Not an XML parser: it looks for the points alone, in one pass.
import type { TextDocument } from './text-document.ts';

const POINT = /<(trkpt|rtept|wpt)\b([^<>]*?)(?:\/>|>)/g;

export function readGpx(text: string, most: number): readonly TextDocument[] | undefined {
  if (!/^\s*(?:<\?xml|<gpx)/.test(text) || !text.includes('<gpx')) return undefined;
  const track = contentOf(text, 'name', 0, Math.min(text.length, 10_000));
  const documents: TextDocument[] = [];
  POINT.lastIndex = 0;
  for (let match = POINT.exec(text); match !== null && documents.length < most; match = POINT.exec(text)) {
    const [found, kind = '', attributes = ''] = match;
    const from = match.index + found.length;
    const end = found.endsWith('/>') ? from : endOf(text, kind, from);
    const own = (name: string) => contentOf(text, name, from, end);
    const [lat, lon] = [attribute(attributes, 'lat'), attribute(attributes, 'lon')];
    const value = { lat, lon, ele: own('ele'), time: own('time'), ...(track === undefined ? {} : { track }) };
    documents.push({ value, text: `<gpx>${text.slice(match.index, end)}</gpx>` });
    POINT.lastIndex = end;
  }
  return documents.length === 0 ? undefined : documents;
}

function endOf(text: string, kind: string, from: number): number {
  const end = text.indexOf(`</${kind}>`, from);
  return end < 0 ? text.length : end;
}

function attribute(attributes: string, name: string): string | undefined {
  const at = attributes.search(new RegExp(`\\b${name}\\s*=\\s*["']`));
  if (at < 0) return undefined;
  const quote = attributes.slice(at).search(/["']/) + at;
  const end = attributes.indexOf(attributes.charAt(quote), quote + 1);
  return end < 0 ? undefined : attributes.slice(quote + 1, end);
}

function contentOf(text: string, name: string, from: number, to: number): string | undefined {
  const start = text.indexOf(`<${name}>`, from);
  if (start < 0 || start >= to) return undefined;
  const end = text.indexOf(`</${name}>`, start);
  return end < 0 || end > to ? undefined : text.slice(start + name.length + 2, end).trim();
}
