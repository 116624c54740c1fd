// How much of a content is in the stream: kept in the bucket, so that a run can end anywhere and the next one goes on.
import type { Objects, ObjectTag } from '../../src/stores/archive/objects.ts';
import { contentKey } from './incoming-keys.ts';

export interface ContentProgress {
  readonly tidemill: 'incoming contents';
  readonly version: 1;
  /** The first file of this content. */
  readonly file: string;
  /** Digest of how the file was read when it was begun. */
  readonly digest: string;
  /** Items of the file that are done with, and events of them that are in the stream. */
  readonly upTo: number;
  readonly events: number;
  readonly done: boolean;
}

export type NewProgress = Omit<ContentProgress, 'tidemill' | 'version'>;

export class ContentProgresses {
  readonly #bucket: Objects;

  constructor(bucket: Objects) {
    this.#bucket = bucket;
  }

  /** undefined: nothing of it is in the stream, as far as anybody has noted. */
  async get(
    sha256: string,
  ): Promise<{ readonly progress: ContentProgress; readonly tag: ObjectTag } | undefined> {
    const key = contentKey(sha256);
    const stored = await this.#bucket.get(key);
    if (stored === undefined) return undefined;
    const progress: ContentProgress = JSON.parse(stored.body.toString());
    if (progress.tidemill !== 'incoming contents' || progress.version !== 1)
      throw new Error(
        `${this.#bucket.name}${key}: found ${stored.body}, expected incoming contents, version 1`,
      );
    return { progress, tag: stored.tag };
  }

  /** undefined: somebody else has noted something in between. */
  async put(
    sha256: string,
    progress: NewProgress,
    tag: ObjectTag | undefined,
  ): Promise<ObjectTag | undefined> {
    const body = JSON.stringify({ tidemill: 'incoming contents', version: 1, ...progress });
    const condition = tag === undefined ? 'absent' : { tag };
    const outcome = await this.#bucket.put(contentKey(sha256), Buffer.from(body), condition);
    return outcome.kind === 'stored' ? outcome.tag : undefined;
  }
}
