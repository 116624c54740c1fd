// Where things stand in the bucket: what is dropped, what is said of it, and what is known of it between runs.
import { createHash } from 'node:crypto';

export const INCOMING = 'incoming/';
export const UNDER_WAY = 'under-way/';

/** S3 bounds a key to 1,024 bytes: what is longer stands under its hash. */
const MAX_NAME_BYTES = 1_000;

/** What was dropped, without the folder; undefined: it is none that is looked at. */
export function nameOfKey(key: string): string | undefined {
  if (!key.startsWith(INCOMING) || key.endsWith('/')) return undefined;
  return key.slice(INCOMING.length);
}

export const incomingKey = (name: string) => `${INCOMING}${name}`;
export const reportKey = (name: string) => `reports/${placeOf(name)}.json`;
export const quarantineKey = (name: string) => `quarantine/${placeOf(name)}.ndjson`;
/** What has been put into the stream of a content, whatever its name. */
export const contentKey = (sha256: string) => `contents/${sha256}.json`;
/** One for each file that was dropped: of one name there may be several, one after the other. */
export const underWayKey = (name: string, etag: string) =>
  `${UNDER_WAY}${hashOf(JSON.stringify([name, etag]))}.json`;

export function hashOf(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

function placeOf(name: string): string {
  return Buffer.byteLength(name) <= MAX_NAME_BYTES ? name : hashOf(name);
}
