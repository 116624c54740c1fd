/** What the service answers in place of a result. */
export class S3Fault extends Error {
  override readonly name = 'S3Fault';
  readonly status: number;
  /** S3's own, such as `NoSuchKey`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
