// The body of a PutObject as its sender meant it: out of aws-chunked pieces, and held against every checksum that came with it.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { crc32 } from 'node:zlib';
import { S3Fault } from './s3-fault.ts';

/** One PutObject carries 5 GB at most; what a laptop should hold in memory is less. */
const MAX_BODY_BYTES = 512 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > MAX_BODY_BYTES)
      throw new S3Fault(400, 'EntityTooLarge', `expected ${MAX_BODY_BYTES} bytes at most`);
  }
  return plainBody(Buffer.concat(pieces), request.headers);
}

/** `sent`: as it came over the wire. @throws S3Fault where it is not whole, or a checksum is another */
export function plainBody(sent: Buffer, headers: IncomingHttpHeaders): Buffer {
  const sha256 = headers['x-amz-content-sha256'];
  const isChunked = typeof sha256 === 'string' && sha256.startsWith('STREAMING-');
  const { body, trailers } = isChunked
    ? unchunked(sent)
    : { body: sent, trailers: new Map<string, string>() };
  const expected = headers['x-amz-decoded-content-length'];
  if (isChunked && expected !== undefined && Number(expected) !== body.length) {
    throw new S3Fault(400, 'IncompleteBody', `found ${body.length} bytes, expected ${String(expected)}`);
  }
  if (typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) && sha256 !== hash('sha256', body, 'hex')) {
    throw new S3Fault(400, 'XAmzContentSHA256Mismatch', 'the SHA-256 in the header is not that of the body');
  }
  const md5 = headers['content-md5'];
  if (md5 !== undefined && md5 !== hash('md5', body, 'base64')) {
    throw new S3Fault(400, 'BadDigest', 'the Content-MD5 is not that of the body');
  }
  for (const [name, value] of [...Object.entries(headers), ...trailers]) {
    const algorithm = /^x-amz-checksum-(?!algorithm$|type$)(.+)$/.exec(name)?.[1];
    if (algorithm !== undefined) holdAgainst(algorithm, String(value), body);
  }
  return body;
}

function holdAgainst(algorithm: string, value: string, body: Buffer): void {
  const compute = CHECKSUMS[algorithm];
  if (compute === undefined) {
    const known = Object.keys(CHECKSUMS).join(', ');
    throw new S3Fault(501, 'NotImplemented', `checksum ${algorithm}: expected one of ${known} locally`);
  }
  if (compute(body) === value) return;
  throw new S3Fault(
    400,
    'BadDigest',
    `The ${algorithm.toUpperCase()} you specified did not match the calculated checksum.`,
  );
}

const CHECKSUMS: Readonly<Record<string, (body: Buffer) => string>> = {
  crc32: (body) => {
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(body));
    return sum.toString('base64');
  },
  sha1: (body) => hash('sha1', body, 'base64'),
  sha256: (body) => hash('sha256', body, 'base64'),
};

function hash(algorithm: string, body: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash(algorithm).update(body).digest(encoding);
}

/** `<hex length>[;chunk-signature=…]` and its bytes, over and over, until a length of 0; then trailing headers. */
function unchunked(sent: Buffer): { readonly body: Buffer; readonly trailers: ReadonlyMap<string, string> } {
  const pieces: Buffer[] = [];
  for (let at = 0; ; ) {
    const [head, next] = lineAt(sent, at);
    const length = Number.parseInt(head, 16);
    if (!/^[0-9a-f]+(;.*)?$/i.test(head))
      throw incomplete(`found ${JSON.stringify(head.slice(0, 40))}, expected a chunk’s length`);
    if (length === 0) return { body: Buffer.concat(pieces), trailers: trailersAt(sent, next) };
    if (next + length + 2 > sent.length) throw incomplete('found the end within a chunk');
    pieces.push(sent.subarray(next, next + length));
    at = next + length + 2;
  }
}

function trailersAt(sent: Buffer, from: number): ReadonlyMap<string, string> {
  const trailers = new Map<string, string>();
  for (let at = from; at < sent.length; ) {
    const [line, next] = lineAt(sent, at);
    const colon = line.indexOf(':');
    if (colon > 0) trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    at = next;
  }
  return trailers;
}

function lineAt(sent: Buffer, at: number): readonly [line: string, next: number] {
  const end = sent.indexOf('\r\n', at);
  if (end < 0) throw incomplete('found no end of the line');
  return [sent.toString('latin1', at, end), end + 2];
}

function incomplete(problem: string): S3Fault {
  return new S3Fault(400, 'IncompleteBody', `aws-chunked body: ${problem}`);
}
