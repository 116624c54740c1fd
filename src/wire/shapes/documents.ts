// A text as documents: JSON, JSON texts after one another, JSON in a string, base64 of any of these, or a form of text that
// one of the shapes reads.
import { quote } from '../../core/describe-found.ts';
import type { Shape } from '../../core/shape/shape.ts';
import { holdsTooManyContainers } from '../container-bound.ts';
import type { Refusal } from '../decoded-item.ts';
import { notJson, tooLargeUnpacked, tooManyContainers } from '../record-refusals.ts';
import type { UnpackBudget } from '../unpack-budget.ts';
import { meets } from './meets.ts';
import { type Exactly, parseExactly } from './parse-exactly.ts';
import type { Origin } from './pending.ts';
import { documentScope, type RecordFacts } from './scope.ts';
import { splitTexts } from './split-texts.ts';
import type { TextDocument } from './text-document.ts';
import { TEXT_FORMATS } from './text-formats.ts';
import { unpackText } from './unpack-text.ts';
import { withoutNan } from './without-nan.ts';

export type Document =
  | {
      readonly kind: 'value';
      readonly value: unknown;
      /** Long integers in it are bigints. */
      readonly hasBigints: boolean;
      readonly origin: Origin;
    }
  /** Read by a form of text: its own shape alone is asked. */
  | { readonly kind: 'shaped'; readonly shape: Shape; readonly value: unknown; readonly origin: Origin }
  | { readonly kind: 'unreadable'; readonly refusal: Refusal; readonly text: string };

/** How often a text may be packed into another. */
const MAX_PACKED = 3;
const BYTE_ORDER_MARK = '\ufeff';

export type Documents =
  | { readonly kind: 'documents'; readonly documents: readonly Document[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface DocumentOptions {
  readonly shapes: readonly Shape[];
  /** What is known of the record: a shape may ask for its route or its key. */
  readonly record: RecordFacts;
  /** Documents looked for in one text. */
  readonly most: number;
  /** What texts packed into it may unpack to. */
  readonly budget: UnpackBudget;
}

export function documentsOf(packed: string, options: DocumentOptions, depth = 0): Documents {
  const { most, budget } = options;
  const text = packed.startsWith(BYTE_ORDER_MARK) ? packed.slice(1) : packed;
  const whole = parse(text);
  if (whole.kind === 'json') {
    const { value } = whole.value;
    const inner = typeof value === 'string' && depth < MAX_PACKED ? value : undefined;
    if (inner !== undefined && /^\s*[[{"]/.test(inner)) return documentsOf(inner, options, depth + 1);
    return found([{ ...whole.value, kind: 'value', origin: () => whole.text }]);
  }
  const texts = splitTexts(text, most);
  if (texts !== undefined && texts.length > 1) return found(texts.map(documentOf));
  const formed = formedDocuments(text, options);
  if (formed !== undefined) return found(formed);
  const unpacked = depth < MAX_PACKED ? unpackText(text, budget) : undefined;
  if (budget.isOverrun) return { kind: 'refused', refusal: tooLargeUnpacked(budget.limit) };
  if (unpacked === undefined) return { kind: 'refused', refusal: notJson(text, whole.error) };
  return holdsTooManyContainers(unpacked)
    ? { kind: 'refused', refusal: tooManyContainers() }
    : documentsOf(unpacked, options, depth + 1);
}

function found(documents: readonly Document[]): Documents {
  return { kind: 'documents', documents };
}

/** By the first form that has a document some shape asks for; else by the first that reads the text. */
function formedDocuments(
  text: string,
  { shapes, most, record }: DocumentOptions,
): readonly Document[] | undefined {
  let unasked: readonly Document[] | undefined;
  for (const format of new Set(shapes.map((shape) => shape.format))) {
    const documents = TEXT_FORMATS[format]?.(text, most);
    if (documents === undefined) continue;
    const ofFormat = shapes.filter((shape) => shape.format === format);
    const read = documents.map((document) => documentBy(ofFormat, document, record));
    if (read.some(({ kind }) => kind === 'shaped')) return read;
    unasked ??= read;
  }
  return unasked;
}

/** `shapes`: those of the form that it was read by. */
function documentBy(shapes: readonly Shape[], { value, text }: TextDocument, record: RecordFacts): Document {
  const [first] = shapes;
  if (value === undefined) return unread(first?.name ?? '', first?.format ?? '', text);
  const scope = documentScope(value, record);
  const shape = shapes.find(({ when }) => meets(when, scope));
  if (shape !== undefined) return { kind: 'shaped', shape, value, origin: () => text };
  return unread(shapes.map(({ name }) => name).join(', '), 'what meets its "when"', text);
}

function unread(names: string, expected: string, text: string): Document {
  const detail = `shape ${names.slice(0, 200)}: found ${quote(text)}, expected ${expected}`;
  return { kind: 'unreadable', refusal: { reason: 'shape', detail }, text };
}

function documentOf(text: string): Document {
  const parsed = parse(text);
  if (parsed.kind === 'json') return { ...parsed.value, kind: 'value', origin: () => parsed.text };
  return { kind: 'unreadable', refusal: notJson(text, parsed.error), text };
}

type Parsed =
  | { readonly kind: 'json'; readonly value: Exactly; readonly text: string }
  | { readonly kind: 'not-json'; readonly error: SyntaxError };

function parse(text: string): Parsed {
  try {
    return { kind: 'json', value: parseExactly(text), text };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const nearly = withoutNan(text);
    return nearly === undefined ? { kind: 'not-json', error } : parse(nearly);
  }
}
