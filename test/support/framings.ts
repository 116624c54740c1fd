import { gzipSync, zstdCompressSync } from 'node:zlib';
import { kplRecord } from './kpl-writer.ts';

/** Every way to put events of one source into one record. Texts are the events' own JSON, each with its source. */
export const FRAMINGS = {
  array: (texts: readonly string[]) => Buffer.from(`[${texts.join(',')}]`),
  'array with spaces': (texts: readonly string[]) => Buffer.from(` [ ${texts.join(' ,\n')}\t] \r\n`),
  envelope: (texts: readonly string[], source: string) =>
    Buffer.from(`{"source":${JSON.stringify(source)},"events":[${texts.join(',')}]}`),
  'envelope, the source stated once': (texts: readonly string[], source: string) =>
    Buffer.from(
      `{"events":[${texts.map((text) => withoutSource(text, source)).join(',')}],"source":${JSON.stringify(source)}}`,
    ),
  'gzip array': (texts: readonly string[]) => gzipSync(`[${texts.join(',')}]`),
  'gzip in two members': (texts: readonly string[]) =>
    Buffer.concat([gzipSync(`[${texts.join(',')}`), gzipSync(']')]),
  'zstd array': (texts: readonly string[]) => zstdCompressSync(`[${texts.join(',')}]`),
  'zstd in two frames': (texts: readonly string[]) =>
    Buffer.concat([zstdCompressSync(`[${texts.join(',')}`), zstdCompressSync(']')]),
  'KPL, one event each': (texts: readonly string[]) => kplRecord(texts.map((text) => Buffer.from(text))),
  'KPL of gzip and zstd arrays': (texts: readonly string[]) =>
    kplRecord([
      gzipSync(`[${texts.slice(0, 1).join(',')}]`),
      zstdCompressSync(`[${texts.slice(1).join(',')}]`),
    ]),
} satisfies Record<string, (texts: readonly string[], source: string) => Buffer>;

function withoutSource(text: string, source: string): string {
  const stated = `{"source":${JSON.stringify(source)},`;
  return text.startsWith(stated) ? `{${text.slice(stated.length)}` : text;
}
