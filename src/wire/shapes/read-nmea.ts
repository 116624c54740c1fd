// Sentences of NMEA 0183: `$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A`. Those of one moment are one
// document, since its date stands in some of them alone.
import type { TextDocument } from './text-document.ts';

const SENTENCE = /^[$!]([A-Z]{2})([A-Z]{3}),([^*\r\n]{0,200})(?:\*([0-9A-F]{2}))?$/i;

export function readNmea(text: string, most: number): readonly TextDocument[] | undefined {
  const lines = text.split(/\r?\n/, most).filter((line) => line.trim() !== '');
  const read = lines.map((line) => ({ line: line.trim(), sentence: readSentence(line.trim()) }));
  const known = read.filter(({ sentence }) => sentence !== undefined).length;
  if (known === 0 || 2 * known < read.length) return undefined;
  const damaged = read.flatMap(({ line, sentence }) =>
    sentence === undefined ? [{ value: undefined, text: line }] : [],
  );
  return [...momentsIn(read.flatMap(({ sentence }) => sentence ?? [])).map(documentOf), ...damaged];
}

interface Sentence {
  readonly line: string;
  /** `RMC`, `GGA` … */
  readonly kind: string;
  readonly fields: readonly string[];
  /** hhmmss, with a fraction; undefined where it states none. */
  readonly time: string | undefined;
}

/** undefined for what is none, or was damaged on its way. */
function readSentence(line: string): Sentence | undefined {
  const [, , kind = '', body, sum] = SENTENCE.exec(line) ?? [];
  if (body === undefined) return undefined;
  if (sum !== undefined && Number.parseInt(sum, 16) !== checksumOf(line)) return undefined;
  const fields = body.split(',');
  const at = TIME_AT[kind];
  const time = at === undefined ? undefined : fields[at];
  return {
    line,
    kind,
    fields,
    time: time !== undefined && /^\d{6}(?:\.\d+)?$/.test(time) ? time : undefined,
  };
}

/** The sum over what stands between the mark and the star. */
function checksumOf(line: string): number {
  let sum = 0;
  for (let at = 1; at < line.length && line[at] !== '*'; at += 1) sum ^= line.charCodeAt(at);
  return sum;
}

const TIME_AT: Readonly<Record<string, number>> = { RMC: 0, GGA: 0, GNS: 0, GLL: 4, ZDA: 0 };

/** What follows without a time is of the moment before it. */
function momentsIn(sentences: readonly Sentence[]): readonly (readonly Sentence[])[] {
  const moments: Sentence[][] = [];
  let time: string | undefined;
  for (const sentence of sentences) {
    const current = moments.at(-1);
    if (
      current === undefined ||
      (sentence.time !== undefined && time !== undefined && sentence.time !== time)
    )
      moments.push([sentence]);
    else current.push(sentence);
    time = sentence.time ?? time;
  }
  return moments;
}

function documentOf(sentences: readonly Sentence[]): TextDocument {
  const value: Record<string, string | number> = {};
  for (const sentence of sentences) Object.assign(value, membersIn(sentence));
  const date = sentences.map(dateIn).find((found) => found !== undefined);
  const time = sentences.map((sentence) => sentence.time).find((found) => found !== undefined);
  if (date !== undefined && time !== undefined)
    value['time'] = `${date}T${time.slice(0, 2)}:${time.slice(2, 4)}:${time.slice(4)}Z`;
  return { value, text: sentences.map(({ line }) => line).join('\n') };
}

function dateIn({ kind, fields }: Sentence): string | undefined {
  if (kind === 'ZDA') {
    const [, day = '', month = '', year = ''] = fields;
    return year === '' ? undefined : `${year}-${month}-${day}`;
  }
  const [, day, month, year] = (kind === 'RMC' && /^(\d\d)(\d\d)(\d\d)$/.exec(fields[8] ?? '')) || [];
  // Two digits: of GPS, which began in 1980.
  return year === undefined ? undefined : `${Number(year) < 80 ? '20' : '19'}${year}-${month}-${day}`;
}

/** Fields by number; a position is four of them. A void fix repeats what was known last, and says nothing. */
function membersIn({ kind, fields }: Sentence): Readonly<Record<string, number>> {
  const status = STATUS_AT[kind];
  if (status !== undefined && fields[status] === 'V') return {};
  const members: Record<string, number> = {};
  for (const [at, name] of Object.entries(FIELDS[kind] ?? {})) {
    const text = fields[Number(at)] ?? '';
    if (/^[+-]?\d+(?:\.\d+)?$/.test(text)) members[name] = Number(text);
  }
  const position = POSITION_AT[kind];
  if (position === undefined) return members;
  const [latitude, longitude] = [degreesAt(fields, position, 2), degreesAt(fields, position + 2, 3)];
  if (latitude === undefined || longitude === undefined) return members;
  return { ...members, lat: latitude, lon: longitude };
}

const STATUS_AT: Readonly<Record<string, number>> = { RMC: 1, GLL: 5 };
const POSITION_AT: Readonly<Record<string, number>> = { RMC: 2, GGA: 1, GNS: 1, GLL: 0 };
const FIELDS: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  RMC: { 6: 'speedKnots', 7: 'course' },
  GGA: { 5: 'fix', 6: 'satellites', 7: 'hdop', 8: 'ele', 10: 'geoid' },
  GNS: { 6: 'satellites', 7: 'hdop', 8: 'ele', 9: 'geoid' },
  GSA: { 1: 'fixMode', 14: 'pdop', 15: 'hdop', 16: 'vdop' },
  VTG: { 0: 'course', 4: 'speedKnots', 6: 'speedKmh' },
  HDT: { 0: 'heading' },
  HDM: { 0: 'headingMagnetic' },
  DBT: { 2: 'depthM' },
  DPT: { 0: 'depthM' },
  MTW: { 0: 'waterTemperature' },
  MWV: { 0: 'windAngle', 2: 'windSpeed' },
  ROT: { 0: 'rateOfTurn' },
  RPM: { 2: 'rpm' },
};

/** `4807.038,N`: two or three digits of degrees, and minutes. */
function degreesAt(fields: readonly string[], at: number, digits: 2 | 3): number | undefined {
  const [text = '', side = ''] = [fields[at], fields[at + 1]];
  if (!/^\d{4,5}(?:\.\d+)?$/.test(text) || !/^[NSEW]$/.test(side)) return undefined;
  const degrees = Number(text.slice(0, digits)) + Number(text.slice(digits)) / 60;
  return side === 'S' || side === 'W' ? -degrees : degrees;
}
