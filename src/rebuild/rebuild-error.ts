/** Why a rebuild does not go on; `advice` says what to do. */
export type RebuildErrorCode =
  /** The archive cannot be read as what the stream carried. */
  | 'archive'
  /** Something could not be folded or told, however often it was tried. */
  | 'not-folded'
  /** Something that comes before is not done. */
  | 'order'
  /** The stream cannot be read on from where the archive ends. */
  | 'stream'
  /** There is no such generation, or it is not what was asked for. */
  | 'generation'
  /** What was folded is not what the manifests name. */
  | 'audit'
  /** The definition is not the one that the generation was started with. */
  | 'definition';

export class RebuildError extends Error {
  override readonly name = 'RebuildError';
  readonly code: RebuildErrorCode;
  readonly advice: string;

  constructor(
    code: RebuildErrorCode,
    message: string,
    { advice, ...options }: ErrorOptions & { readonly advice: string },
  ) {
    super(`${message}. ${advice}`, options);
    this.code = code;
    this.advice = advice;
  }
}
