// The answer to ListObjectsV2.
import type { BucketContents } from './bucket-contents.ts';
import { S3Fault } from './s3-fault.ts';
import { element } from './xml.ts';

const MOST_KEYS = 1_000;

export function listObjects(bucket: string, contents: BucketContents, query: URLSearchParams): string {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const token = query.get('continuation-token');
  const startAfter = query.get('start-after') ?? '';
  const after = token === null ? startAfter : fromToken(token);
  const limit = Math.min(MOST_KEYS, Number(query.get('max-keys') ?? MOST_KEYS));
  const encode = query.get('encoding-type') === 'url' ? encodeURIComponent : (text: string) => text;
  const found: string[] = [];
  const prefixes = new Set<string>();
  let last: string | undefined;
  let isTruncated = false;
  for (const key of contents.keys()) {
    if (!key.startsWith(prefix) || Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    const common = cut < 0 ? undefined : key.slice(0, cut + delimiter.length);
    if (common !== undefined && prefixes.has(common)) {
      last = key;
      continue;
    }
    if (found.length + prefixes.size === limit) {
      isTruncated = true;
      break;
    }
    last = key;
    if (common === undefined) found.push(key);
    else prefixes.add(common);
  }
  return element('ListBucketResult', [
    element('Name', bucket),
    element('Prefix', encode(prefix)),
    element('KeyCount', String(found.length + prefixes.size)),
    element('MaxKeys', String(limit)),
    element('IsTruncated', String(isTruncated)),
    ...(isTruncated && last !== undefined ? [element('NextContinuationToken', toToken(last))] : []),
    ...found.flatMap((key) => {
      const object = contents.get(key);
      if (object === undefined) return [];
      return [
        element('Contents', [
          element('Key', encode(key)),
          element('LastModified', new Date(object.modifiedMs).toISOString()),
          element('ETag', object.etag),
          element('Size', String(object.body.length)),
          element('StorageClass', 'STANDARD'),
        ]),
      ];
    }),
    ...[...prefixes].map((common) => element('CommonPrefixes', [element('Prefix', encode(common))])),
  ]);
}

const toToken = (key: string) => Buffer.from(key).toString('base64url');

function fromToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8');
  if (toToken(key) === token) return key;
  throw new S3Fault(400, 'InvalidArgument', 'The continuation token provided is incorrect');
}
