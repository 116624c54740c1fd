/** Where a dead letter stands in its table. */
export interface LetterKey {
  readonly record: string;
  readonly event: string;
}
