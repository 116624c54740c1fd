// What a file is that holds no telemetry as text, told by its first bytes: so that its reader is told that, and not where the
// JSON went wrong.

/** In words, with what to do about it, e.g. `found a Zip archive, expected text: unpack it first`; undefined: it may be text. */
export function foreignFile(head: Buffer): string | undefined {
  const kind = KINDS.find(({ magic, at = 0 }) => head.subarray(at, at + magic.length).equals(magic));
  if (kind !== undefined) return `found ${kind.name}, expected text: ${kind.advice}`;
  const encoding = wideEncodingOf(head);
  if (encoding !== undefined)
    return `found text in ${encoding}, expected UTF-8: iconv -f ${encoding} -t UTF-8 makes it that`;
  if (head.includes(0)) return 'found binary data, expected text: JSON, or another form that a shape reads';
  if (WEB_PAGE.test(head.toString('latin1')))
    return 'found an HTML page, expected data: did a server answer with a page in place of the file?';
  return undefined;
}

interface Kind {
  readonly name: string;
  readonly magic: Buffer;
  /** Where in the file; default: at its beginning. */
  readonly at?: number;
  readonly advice: string;
}

const UNPACK = 'unpack it first (gzip and zstd are read as they are)';
const EXPORT = 'export it as CSV or JSON first';
const NO_TELEMETRY = 'no shape reads it';

const hex = (digits: string) => Buffer.from(digits, 'hex');

const KINDS: readonly Kind[] = [
  {
    name: 'a Zip archive (or a spreadsheet)',
    magic: hex('504b0304'),
    advice: 'unpack it, or export it as CSV',
  },
  { name: 'an empty Zip archive', magic: hex('504b0506'), advice: NO_TELEMETRY },
  { name: 'bzip2 data', magic: Buffer.from('BZh'), advice: UNPACK },
  { name: 'xz data', magic: hex('fd377a585a00'), advice: UNPACK },
  { name: 'LZ4 data', magic: hex('04224d18'), advice: UNPACK },
  { name: 'a 7z archive', magic: hex('377abcaf271c'), advice: UNPACK },
  { name: 'a RAR archive', magic: Buffer.from('Rar!'), advice: UNPACK },
  { name: 'a tar archive', magic: Buffer.from('ustar'), at: 257, advice: 'unpack it and name its files' },
  { name: 'a Parquet file', magic: Buffer.from('PAR1'), advice: EXPORT },
  { name: 'an ORC file', magic: Buffer.from('ORC'), advice: EXPORT },
  { name: 'an Avro file', magic: Buffer.from('Obj\u0001'), advice: EXPORT },
  { name: 'an SQLite database', magic: Buffer.from('SQLite format 3\0'), advice: EXPORT },
  { name: 'an HDF5 file', magic: hex('894844460d0a1a0a'), advice: EXPORT },
  { name: 'an old Office document', magic: hex('d0cf11e0a1b11ae1'), advice: EXPORT },
  { name: 'a PDF document', magic: Buffer.from('%PDF-'), advice: NO_TELEMETRY },
  { name: 'a PNG image', magic: hex('89504e470d0a1a0a'), advice: NO_TELEMETRY },
  { name: 'a JPEG image', magic: hex('ffd8ff'), advice: NO_TELEMETRY },
  { name: 'a GIF image', magic: Buffer.from('GIF8'), advice: NO_TELEMETRY },
  { name: 'a program', magic: hex('7f454c46'), advice: NO_TELEMETRY },
];

const WEB_PAGE = /^(?:\u00ef\u00bb\u00bf)?\s*(?:<!--[\s\S]*?-->\s*)?<(?:!doctype\s+html|html|head|body)\b/i;

/** By its mark, or since every other byte of what begins it is zero. */
function wideEncodingOf(head: Buffer): 'UTF-16' | 'UTF-16LE' | 'UTF-16BE' | 'UTF-32' | undefined {
  if (head.length < 4) return undefined;
  const mark = head.readUInt32BE(0);
  if (mark === 0xfffe0000 || mark === 0x0000feff) return 'UTF-32';
  if (head.readUInt16BE(0) === 0xfeff || head.readUInt16BE(0) === 0xfffe) return 'UTF-16';
  const beginning = head.subarray(0, 64);
  const zeros = [0, 1].map((odd) => beginning.every((byte, at) => at % 2 !== odd || byte === 0));
  if (zeros[0] === zeros[1]) return undefined;
  return zeros[1] === true ? 'UTF-16LE' : 'UTF-16BE';
}
