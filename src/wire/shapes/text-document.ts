export interface TextDocument {
  readonly value: unknown;
  /** What reads back as this document alone. */
  readonly text: string;
}

/** undefined for a text that is not of the form. */
export type TextReader = (text: string) => readonly TextDocument[] | undefined;
