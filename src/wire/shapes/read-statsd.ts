// StatsD's lines, and DogStatsD's: `gorets:1|c|@0.1`, `song.length:240:250|h|#host:web2|T1656581410`.
import type { TextDocument } from './text-document.ts';
import { readTextLines } from './text-lines.ts';

const LINE = /^([^\s:|@]{1,256}):([^\s|]{1,4096})\|(c|g|ms|h|d|m|s|KV|kv)((?:\|[^|]{0,4096}){0,8})$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const KINDS: Readonly<Record<string, string>> = {
  c: 'counter',
  m: 'counter',
  g: 'gauge',
  ms: 'timing',
  h: 'histogram',
  d: 'distribution',
  s: 'set',
  kv: 'gauge',
};

export function readStatsd(text: string, most: number): readonly TextDocument[] | undefined {
  return readTextLines(text, most, readLine);
}

function readLine(line: string): Readonly<Record<string, unknown>> | undefined {
  const [, name, packed, kind = '', rest = ''] = LINE.exec(line) ?? [];
  if (name === undefined || packed === undefined) return undefined;
  const sections = rest.split('|').slice(1);
  const section = (mark: string) => sections.find((each) => each.startsWith(mark))?.slice(mark.length);
  const [rate, tags, timestamp] = ['@', '#', 'T'].map(section);
  if (rate !== undefined && !(NUMBER.test(rate) && Number(rate) > 0)) return undefined;
  const isSet = kind === 's';
  const texts = isSet ? [packed] : packed.split(':');
  if (!isSet && !texts.every((one) => NUMBER.test(one))) return undefined;
  // StatsD's gauges change by what has a sign; DogStatsD's, which have tags or a time, may be negative.
  const isChange = kind === 'g' && tags === undefined && timestamp === undefined && /^[+-]/.test(packed);
  return {
    name,
    kind: KINDS[kind.toLowerCase()],
    ...(isChange ? { change: Number(packed) } : {}),
    ...(isChange || isSet ? {} : { values: texts.map((one) => sampled(Number(one), kind, rate)) }),
    ...(isSet ? { member: packed } : {}),
    ...(tags === undefined ? {} : { tags: tagsIn(tags) }),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

/** A counter that is sent one time in ten stands for ten. */
function sampled(value: number, kind: string, rate: string | undefined): number {
  return kind === 'c' && rate !== undefined ? value / Number(rate) : value;
}

/** A tag without a value is one that is there. */
function tagsIn(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').flatMap((tag) => {
      if (tag === '') return [];
      const at = tag.indexOf(':');
      return [at < 0 ? [tag, 'true'] : [tag.slice(0, at), tag.slice(at + 1)]];
    }),
  );
}
