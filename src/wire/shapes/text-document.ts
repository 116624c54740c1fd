export interface TextDocument {
  readonly value: unknown;
  /** What reads back as this document alone. */
  readonly text: string;
}

/** At most about `most` documents; undefined for a text that is not of the form. */
export type TextReader = (text: string, most: number) => readonly TextDocument[] | undefined;
