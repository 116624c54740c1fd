// What is not known of API Gateway: each open question with its possible answers. The gateway goes by the likely ones; a
// template of ours must come out right under every one of them.

export interface OpenAnswers {
  /** What `$input.json` writes where the path leads nowhere, or to null. */
  readonly jsonOfNothing: '""' | '';
}

/** Those that the evidence speaks for. */
export const LIKELY_ANSWERS: OpenAnswers = {
  // Seen in the console of AWS.
  jsonOfNothing: '""',
};
