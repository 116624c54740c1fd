import type { ParsedLine } from '../../core/archive/archived-object.ts';
import type { ShardId } from '../../core/brands.ts';

/** A record of the stream, and where it stands in the archive. */
export interface ArchivedRecord extends ParsedLine {
  readonly shard: ShardId;
  /** Key of the object, with its bucket or folder. */
  readonly object: string;
  /** 1-based line within the unpacked object. */
  readonly lineNumber: number;
}
