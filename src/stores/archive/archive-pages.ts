// Manifests and shard pages as they are stored: read and checked, and written on the condition that nobody else has.
import {
  type HourPlace,
  manifestKey,
  type ShardPlace,
  shardPageKey,
} from '../../core/archive/archive-names.ts';
import { type Manifest, manifestJson, readManifest } from '../../core/archive/manifest.ts';
import { readShardPage, type ShardPage, shardPageJson } from '../../core/archive/shard-page.ts';
import { quote } from '../../core/describe-found.ts';
import { ArchiveError } from './archive-error.ts';
import type { Objects, ObjectTag, PutOutcome, StoredObject } from './objects.ts';

/** `tag` undefined: there is none yet, and the value is the empty one. */
export interface Tagged<T> {
  readonly value: T;
  readonly tag: ObjectTag | undefined;
}

/** @throws ArchiveError, where it cannot be read as a manifest */
export async function loadManifest(objects: Objects, place: HourPlace): Promise<Tagged<Manifest>> {
  const key = manifestKey(place);
  const stored = await objects.get(key);
  if (stored === undefined) return { value: { ...place, objects: [] }, tag: undefined };
  return { value: parsed(objects, key, stored, (json) => readManifest(json, place)), tag: stored.tag };
}

export async function storeManifest(objects: Objects, { value, tag }: Tagged<Manifest>): Promise<PutOutcome> {
  const condition = tag === undefined ? 'absent' : { tag };
  return await objects.put(manifestKey(value), Buffer.from(manifestJson(value)), condition);
}

/** @throws ArchiveError, where it cannot be read as a shard's page */
export async function loadShardPage(objects: Objects, place: ShardPlace): Promise<Tagged<ShardPage>> {
  const key = shardPageKey(place);
  const stored = await objects.get(key);
  if (stored === undefined) return { value: { ...place, hours: [] }, tag: undefined };
  return { value: parsed(objects, key, stored, (json) => readShardPage(json, place)), tag: stored.tag };
}

export async function storeShardPage(
  objects: Objects,
  { value, tag }: Tagged<ShardPage>,
): Promise<PutOutcome> {
  const condition = tag === undefined ? 'absent' : { tag };
  return await objects.put(shardPageKey(value), Buffer.from(shardPageJson(value)), condition);
}

function parsed<T extends object>(
  objects: Objects,
  key: string,
  { body }: StoredObject,
  read: (json: unknown) => T | string,
): T {
  const object = `${objects.name}${key}`;
  const value = read(jsonOf(object, body.toString('utf8')));
  if (typeof value !== 'string') return value;
  throw new ArchiveError(value.startsWith('version') ? 'newer' : 'damaged', { object }, value);
}

function jsonOf(object: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ArchiveError('damaged', { object }, `found ${quote(text)}, expected whole JSON`, {
      cause: error,
    });
  }
}
