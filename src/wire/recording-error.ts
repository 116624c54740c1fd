/** What a recording can be wrong in. */
export type RecordingErrorCode =
  /** It cannot be opened or read. */
  | 'unreadable'
  /** It is gzip and ends before its time. */
  | 'truncated'
  /** It is no text: an archive, an image, a web page, another encoding. */
  | 'foreign'
  /** It is gzip and damaged, or holds a line that is not UTF-8, not JSON, or endless. */
  | 'malformed'
  /** A line is JSON but no event, Kinesis record or change, or none that can be replayed. */
  | 'unknown-shape'
  /** It holds entries of several kinds. */
  | 'mixed';

/** A recording that cannot be replayed as it is. Reading it again does not help. */
export class RecordingError extends Error {
  readonly code: RecordingErrorCode;
  readonly file: string;
  /** 1-based; undefined when the file as a whole is wrong. */
  readonly line: number | undefined;

  constructor(
    code: RecordingErrorCode,
    where: { readonly file: string; readonly line?: number | undefined },
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${where.file}${where.line === undefined ? '' : `, line ${where.line}`}: ${problem}`, options);
    this.name = 'RecordingError';
    this.code = code;
    this.file = where.file;
    this.line = where.line;
  }
}
