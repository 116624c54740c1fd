// One record's text, or one user record's: an event, an array of events, or an envelope that states their source once.
import { validateEvent } from '../core/validate-event.ts';
import { holdsTooManyContainers } from './container-bound.ts';
import type { ItemSink, Refusal } from './decoded-item.ts';
import { decodeEach, hand, isEnvelope } from './hand-event.ts';
import { notJson, tooManyContainers } from './record-refusals.ts';
import { decodeShapedText } from './shapes/decode-shaped-text.ts';
import { routedDocument } from './shapes/routed-document.ts';
import type { Shaping } from './shapes/shaping.ts';
import { SkippedPaths } from './shapes/skipped-paths.ts';
import type { UnpackBudget } from './unpack-budget.ts';

const DELETE = '\x7f';

export interface TextOptions {
  /** Other forms that events come in; undefined: none but their own. */
  readonly shaping?: Shaping | undefined;
  /** Names of states that the pipeline asks for, where no other forms are read; undefined: of none. */
  readonly states?: ReadonlySet<string> | undefined;
  /** The text is ASCII. */
  readonly ascii?: boolean;
  /** What texts packed into it may unpack to; default: what a record may. */
  readonly budget?: UnpackBudget | undefined;
}

/** Hands what became of each event in `text` to `sink`; adds nothing when the text as a whole is refused. */
export function decodeText(
  text: string,
  sink: ItemSink,
  { shaping, states, ascii = false, budget }: TextOptions = {},
): Refusal | undefined {
  if (holdsTooManyContainers(text)) return tooManyContainers();
  if (shaping !== undefined) return decodeShapedText(text, shaping, sink, budget);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return notJson(text, error);
  }
  // A door names a route beside what it takes; it may come from one where no other forms are read.
  if (routedDocument(parsed, () => text) !== undefined)
    return decodeShapedText(text, withoutShapes(states), sink, budget);
  const wellFormed = !text.includes('\\');
  const printable = ascii && wellFormed && !text.includes(DELETE);
  if (Array.isArray(parsed)) {
    const rules = { statedSource: undefined, wellFormed, printable, states };
    return decodeEach(parsed, rules, text, sink);
  }
  if (isEnvelope(parsed)) {
    const rules = { statedSource: parsed.source, wellFormed, printable, states };
    return decodeEach(parsed.events, rules, text, sink);
  }
  const rules = { statedSource: undefined, wellFormed, printable, states };
  hand(validateEvent(parsed, rules), text, sink);
  return undefined;
}

function withoutShapes(states: ReadonlySet<string> | undefined): Shaping {
  const record = { partitionKey: undefined, arrivalMs: undefined, route: undefined };
  return { shapes: [], skipped: new SkippedPaths(), states, record };
}
