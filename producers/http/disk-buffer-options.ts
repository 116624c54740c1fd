import type { FileHandle } from 'node:fs/promises';

export type FileOpener = (path: string, flags: string) => Promise<FileHandle>;

export interface DiskBufferOptions {
  readonly folder: string;
  /** Bytes of all segments at most: beyond it `append` says that there is no room. */
  readonly maxBytes: number;
  /** A segment that has grown to this is followed by a new one; one whose records are all taken is deleted. */
  readonly segmentBytes: number;
  /**
   * `always`: an appended record is on the disk, past every cache, before `append` resolves; appends that come together
   * share one sync. `never`: it is with the operating system: it survives the process's end, not the machine's.
   */
  readonly fsync: 'always' | 'never';
  /** Opens what is written; for tests of disks that are full or fail. */
  readonly openFile?: FileOpener;
}
