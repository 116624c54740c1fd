// A small stand-in for S3: objects of the template's buckets, by the calls that are used here, as the SDK sends them by default.
// Those of npm do not hold conditional writes, or refuse or damage what the SDK sends: docs/archive.md has the table.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { listenHere } from '../listen-here.ts';
import { type BucketContents, type KeptObject, openBucket } from './bucket-contents.ts';
import { listObjects } from './list-objects.ts';
import { readBody } from './read-body.ts';
import { S3Fault } from './s3-fault.ts';
import { element } from './xml.ts';

export interface S3Server {
  /** `http://127.0.0.1:port`: with an address for a host, the SDK puts the bucket into the path. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface CreatedObject {
  readonly bucket: string;
  readonly key: string;
  readonly size: number;
  /** In quotes. */
  readonly etag: string;
}

export interface S3ServerOptions {
  readonly buckets: readonly string[];
  /** Keeps the objects here between runs; default: in memory, gone with the server. */
  readonly dataFolder?: string | undefined;
  /** What clients must give as access key id; default: any. */
  readonly accessKey?: string;
  /** An object has been put, and its sender is about to be told. */
  readonly onCreated?: (object: CreatedObject) => void;
}

export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const buckets = new Map<string, BucketContents>();
  for (const bucket of options.buckets) {
    const { dataFolder } = options;
    buckets.set(bucket, await openBucket(dataFolder === undefined ? undefined : join(dataFolder, bucket)));
  }
  const server = createServer((request, response) => {
    answer(request, response, buckets, options.onCreated ?? (() => {})).catch((error: unknown) => {
      const fault =
        error instanceof S3Fault
          ? error
          : new S3Fault(500, 'InternalError', error instanceof Error ? error.message : String(error));
      const { status, code, message } = fault;
      const text =
        request.method === 'HEAD'
          ? ''
          : `${XML}${element('Error', [element('Code', code), element('Message', message)])}`;
      response.writeHead(status, { 'content-type': 'application/xml' }).end(text);
    });
  });
  return await listenHere(server, 'the S3 server', options.accessKey);
}

const XML = '<?xml version="1.0" encoding="UTF-8"?>\n';

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  buckets: ReadonlyMap<string, BucketContents>,
  onCreated: (object: CreatedObject) => void,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const [, bucket = '', ...rest] = url.pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const contents = buckets.get(decodeURIComponent(bucket));
  if (contents === undefined) throw new S3Fault(404, 'NoSuchBucket', 'The specified bucket does not exist');
  const call = `${request.method}${key === '' ? ' bucket' : ''}${url.searchParams.has('list-type') ? ' list' : ''}`;
  switch (call) {
    case 'PUT': {
      const object = await put(request, key, contents);
      onCreated({ bucket, key, size: object.body.length, etag: object.etag });
      response.writeHead(200, { etag: object.etag }).end();
      return;
    }
    case 'GET':
    case 'HEAD':
      return give(request, response, contents.get(key));
    case 'DELETE':
      await contents.remove(key);
      response.writeHead(204).end();
      return;
    case 'GET bucket list':
      response.writeHead(200, { 'content-type': 'application/xml' });
      response.end(`${XML}${listObjects(bucket, contents, url.searchParams)}`);
      return;
    case 'HEAD bucket':
      response.writeHead(200).end();
      return;
    default:
      throw new S3Fault(
        501,
        'NotImplemented',
        `${request.method} ${url.pathname}${url.search} is not known locally`,
      );
  }
}

async function put(request: IncomingMessage, key: string, contents: BucketContents): Promise<KeptObject> {
  if (request.headers['x-amz-copy-source'] !== undefined) {
    throw new S3Fault(501, 'NotImplemented', 'CopyObject is not known locally');
  }
  const body = await readBody(request);
  // Looked at when the body is there, in one go with the write: of several at once one is first.
  holdCondition(request, contents.get(key));
  const object = {
    key,
    body,
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
    modifiedMs: Date.now(),
    contentType: request.headers['content-type'] ?? 'application/octet-stream',
  };
  await contents.put(object);
  return object;
}

function holdCondition({ headers }: IncomingMessage, stored: KeptObject | undefined): void {
  const { 'if-none-match': noneMatch, 'if-match': match } = headers;
  if (noneMatch !== undefined && noneMatch !== '*')
    throw new S3Fault(501, 'NotImplemented', 'If-None-Match: expected *');
  if (match !== undefined && stored === undefined)
    throw new S3Fault(404, 'NoSuchKey', 'The specified key does not exist.');
  const isRefused =
    (noneMatch !== undefined && stored !== undefined) ||
    (match !== undefined && bare(match) !== bare(stored?.etag));
  if (isRefused) {
    throw new S3Fault(
      412,
      'PreconditionFailed',
      'At least one of the pre-conditions you specified did not hold',
    );
  }
}

/** With or without its quotes. */
const bare = (etag: string | undefined) => etag?.replaceAll('"', '');

function give(request: IncomingMessage, response: ServerResponse, object: KeptObject | undefined): void {
  if (object === undefined) throw new S3Fault(404, 'NoSuchKey', 'The specified key does not exist.');
  const { body, etag, contentType, modifiedMs } = object;
  const range = rangeOf(request.headers.range, body.length);
  const part = range === undefined ? body : body.subarray(range.from, range.to + 1);
  response.writeHead(range === undefined ? 200 : 206, {
    etag,
    'content-type': contentType,
    'content-length': part.length,
    'last-modified': new Date(modifiedMs).toUTCString(),
    'accept-ranges': 'bytes',
    ...(range === undefined ? {} : { 'content-range': `bytes ${range.from}-${range.to}/${body.length}` }),
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}

function rangeOf(
  header: string | undefined,
  length: number,
): { readonly from: number; readonly to: number } | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null) return undefined;
  const [, from = '', to = ''] = match;
  const range =
    from === ''
      ? { from: Math.max(0, length - Number(to)), to: length - 1 }
      : { from: Number(from), to: Math.min(length - 1, to === '' ? length - 1 : Number(to)) };
  if (range.from > range.to) throw new S3Fault(416, 'InvalidRange', 'The requested range is not satisfiable');
  return range;
}
