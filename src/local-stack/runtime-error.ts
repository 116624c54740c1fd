/** What ends a local run: the message is for the person who started it, and says what to do. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  readonly code: string;
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
