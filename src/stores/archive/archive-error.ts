/** What an archive can be wrong in. */
export type ArchiveErrorCode =
  /** An object that a manifest names, or a manifest that a shard's page names, is not there. */
  | 'missing'
  /** An object is not the one the manifest describes, or not what it says of itself. */
  | 'damaged'
  /** Two records that differ have one sequence number. */
  | 'conflict'
  /** It was written in a newer form. */
  | 'newer';

/** An archive that cannot be read as what the stream carried. Reading it again does not help. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  readonly code: ArchiveErrorCode;
  /** The object, with its bucket or folder. */
  readonly object: string;
  /** 1-based line within the unpacked object. */
  readonly line: number | undefined;

  constructor(
    code: ArchiveErrorCode,
    where: { readonly object: string; readonly line?: number | undefined },
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${where.object}${where.line === undefined ? '' : `, line ${where.line}`}: ${problem}`, options);
    this.code = code;
    this.object = where.object;
    this.line = where.line;
  }
}
