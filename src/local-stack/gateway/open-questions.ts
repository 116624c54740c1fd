// What is not known of API Gateway: each open question is a switch, with the answer that the evidence speaks for. The
// emulation goes by those; templates and answers of a stack of ours must come out right under every one of them.

/** Numbers are those of the rules in docs/api-gateway.md. */
export interface OpenQuestions {
  /** Rule 2: whether what leads nowhere also equals the empty text, or null alone, as in open-source Velocity. */
  readonly nothingEqualsEmptyText: boolean;
  /** Rule 5: what `$input.json` writes where the path leads nowhere. */
  readonly jsonOfNothing: '""' | '';
  /** Rule 5: what it writes where the path leads to null. */
  readonly jsonOfNull: '""' | 'null';
  /** Rule 6: what `$input.json('$')` writes of an empty body. */
  readonly jsonOfEmptyBody: '{}' | '""';
  /** Rule 8: which of two members of one name counts in a body that a template reads. */
  readonly duplicateMember: 'last' | 'first';
  /** Rule 8: whether `$input.json` writes numbers as they came, or as Java prints them: `1.0`, `1.0E10`. */
  readonly numbersInJson: 'as-written' | 'as-java-prints';
  /** Rule 8: how `$input.json` writes a slash in a text. */
  readonly slashInJson: '/' | '\\/';
  /** Rule 12: what a loop does behind its 1,000th round. */
  readonly loopBeyondLimit: 'ends' | 'fails';
  /** Rule 13: whether null `!=` a text that is not empty. */
  readonly nothingDiffersFromText: boolean;
  /** Rule 14: what a variable prints that was never set. */
  readonly unknownVariable: 'as-written' | 'nothing';
  /** Rule 17: whether names of variables and members may have hyphens. */
  readonly hyphensInNames: boolean;
  /** Rule 18: which values are true besides `true`: all but null, or all but null, "", 0 and what is empty. */
  readonly truth: 'velocity-1' | 'velocity-2';
  /** Rule 20: what `$util.escapeJavaScript` makes of a slash. */
  readonly escapedSlash: '\\/' | '/';
  /** Rule 20: whether it escapes what is not ASCII. */
  readonly escapesNonAscii: boolean;
  /** Rule 20: what it makes of null. */
  readonly escapedNull: 'null' | '';
  /** Rule 21: what `$util.base64Encode` encodes of null or a map: nothing, or Java's printing. */
  readonly base64OfNoText: 'nothing' | 'printed';
  /** Rule 21: whether `$util.parseJson` of no JSON fails the template, or gives null. */
  readonly parsedNoJson: 'fails' | 'null';
  /** Rule 28: whether validation looks at minItems and maxItems. */
  readonly validatesListLengths: boolean;
  /** Rule 30: whether a content type without a model is judged by the model of JSON. */
  readonly jsonModelForAll: boolean;
  /** Rule 31: whether the validator's message is escaped where a gateway response puts it in. */
  readonly escapesValidationMessage: boolean;
  /** Rule 32: whether `; charset=…` is passed over where a model is chosen, as where a template is. */
  readonly modelIgnoresCharset: boolean;
  /** Rule 36: whether a selection pattern must fit the whole, or a part. */
  readonly selectionFits: 'whole' | 'part';
  /** Rule 36: which integration response is taken where several fit. */
  readonly selectionTakes: 'first' | 'last';
  /** Rule 38: whether headers of gateway responses are renamed as those of other answers are. */
  readonly remapsGatewayResponses: boolean;
  /** Rule 42: what becomes of a function's body that is no text. */
  readonly bodyThatIsNoText: 'fails' | 'as-json';
  /** Rule 55: whether an authorizer's answer without a principalId is taken. */
  readonly takesMissingPrincipal: boolean;
  /** Rule 57: Retry-After of the service's own on 429, seconds; undefined: none. */
  readonly retryAfterSeconds: number | undefined;
  /** Rule 58: what an access log prints of a variable that is not set. */
  readonly unsetInAccessLog: '-' | '';
  /** Rule 63: whether a binary frame reaches its function, as base64, or closes the connection with 1003. */
  readonly binaryFrames: 'as-base64' | 'close-1003';
  /** Rule 64: what a connection is closed with that was idle, or lived too long. */
  readonly closeCodeOfLimits: 1001 | 1000;
  /** Rule 64: whether a client's ping counts as activity. */
  readonly pingIsActivity: boolean;
  /** Rule 66: whether a connection's messages wait for each other on the way to their functions. */
  readonly messagesInOrder: boolean;
}

export const LIKELY_ANSWERS: OpenQuestions = Object.freeze({
  nothingEqualsEmptyText: true,
  jsonOfNothing: '""',
  jsonOfNull: '""',
  jsonOfEmptyBody: '{}',
  duplicateMember: 'last',
  numbersInJson: 'as-written',
  slashInJson: '/',
  loopBeyondLimit: 'ends',
  nothingDiffersFromText: true,
  unknownVariable: 'as-written',
  hyphensInNames: true,
  truth: 'velocity-1',
  escapedSlash: '\\/',
  escapesNonAscii: true,
  escapedNull: 'null',
  base64OfNoText: 'nothing',
  parsedNoJson: 'fails',
  validatesListLengths: true,
  jsonModelForAll: false,
  escapesValidationMessage: false,
  modelIgnoresCharset: true,
  selectionFits: 'whole',
  selectionTakes: 'first',
  remapsGatewayResponses: false,
  bodyThatIsNoText: 'fails',
  takesMissingPrincipal: false,
  retryAfterSeconds: undefined,
  unsetInAccessLog: '-',
  binaryFrames: 'as-base64',
  closeCodeOfLimits: 1001,
  pingIsActivity: false,
  messagesInOrder: false,
});

/** Every answer of each question: what tests go through. */
export const POSSIBLE_ANSWERS: { readonly [K in keyof OpenQuestions]: readonly OpenQuestions[K][] } = {
  nothingEqualsEmptyText: [true, false],
  jsonOfNothing: ['""', ''],
  jsonOfNull: ['""', 'null'],
  jsonOfEmptyBody: ['{}', '""'],
  duplicateMember: ['last', 'first'],
  numbersInJson: ['as-written', 'as-java-prints'],
  slashInJson: ['/', '\\/'],
  loopBeyondLimit: ['ends', 'fails'],
  nothingDiffersFromText: [true, false],
  unknownVariable: ['as-written', 'nothing'],
  hyphensInNames: [true, false],
  truth: ['velocity-1', 'velocity-2'],
  escapedSlash: ['\\/', '/'],
  escapesNonAscii: [true, false],
  escapedNull: ['null', ''],
  base64OfNoText: ['nothing', 'printed'],
  parsedNoJson: ['fails', 'null'],
  validatesListLengths: [true, false],
  jsonModelForAll: [false, true],
  escapesValidationMessage: [false, true],
  modelIgnoresCharset: [true, false],
  selectionFits: ['whole', 'part'],
  selectionTakes: ['first', 'last'],
  remapsGatewayResponses: [false, true],
  bodyThatIsNoText: ['fails', 'as-json'],
  takesMissingPrincipal: [false, true],
  retryAfterSeconds: [undefined, 1],
  unsetInAccessLog: ['-', ''],
  binaryFrames: ['as-base64', 'close-1003'],
  closeCodeOfLimits: [1001, 1000],
  pingIsActivity: [false, true],
  messagesInOrder: [false, true],
};
