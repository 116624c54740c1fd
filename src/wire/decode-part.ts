// The data of a record, or of one user record in an aggregated one: plain or compressed text.
import { decodeText } from './decode-text.ts';
import type { ItemSink, QuarantinedItem, Refusal } from './decoded-item.ts';
import type { Shaping } from './shapes/shaping.ts';
import { inflate, isZlib } from './shapes/unpack-text.ts';
import { compressionOf, unpack } from './unpack.ts';
import type { UnpackBudget } from './unpack-budget.ts';
import { utf8Text } from './utf8-text.ts';

const SHOWN_BYTES = 16;

export interface PartOptions {
  /** What it may unpack to, and what it does is taken from: whatever comes of it. */
  readonly budget: UnpackBudget;
  readonly shaping: Shaping | undefined;
  /** Names of states that the pipeline asks for. */
  readonly states: ReadonlySet<string> | undefined;
}

/** Hands what became of each event in the part to `sink`; hands nothing when the part as a whole is refused. */
export function decodePart(bytes: Buffer, options: PartOptions, sink: ItemSink): Refusal | undefined {
  const compression = compressionOf(bytes);
  if (compression === undefined) return decodePlain(bytes, options, sink);
  const unpacked = unpack(bytes, compression, options.budget);
  if (unpacked.kind === 'unreadable') return unpacked;
  return decodeUtf8(unpacked.bytes, options, sink);
}

/** The item for a part that is refused as a whole: as text where it came as text. */
export function quarantinePart(bytes: Buffer, refusal: Refusal, index: number): QuarantinedItem {
  const { reason, detail } = refusal;
  const text = compressionOf(bytes) === undefined ? utf8Text(bytes) : undefined;
  const payload =
    text === undefined
      ? ({ encoding: 'base64', body: bytes.toString('base64') } as const)
      : ({ encoding: 'utf8', body: text } as const);
  return { index, kind: 'quarantined', reason, detail, source: undefined, payload };
}

/** zlib has no magic bytes that no text has: it is looked for only where other forms are. */
function decodePlain(bytes: Buffer, options: PartOptions, sink: ItemSink): Refusal | undefined {
  const { shaping, budget } = options;
  const inflated = shaping !== undefined && isZlib(bytes) ? inflate(bytes, budget) : undefined;
  if (inflated !== undefined) return decodeUtf8(inflated, options, sink);
  const { length } = bytes;
  if (length > budget.left) {
    const detail = `data: found ${length} bytes, expected at most ${budget.left}`;
    budget.take(length);
    return { reason: 'too-large', detail };
  }
  budget.take(length);
  return decodeUtf8(bytes, options, sink);
}

function decodeUtf8(
  bytes: Buffer,
  { shaping, states, budget }: PartOptions,
  sink: ItemSink,
): Refusal | undefined {
  const { length } = bytes;
  const text = utf8Text(bytes);
  if (text === undefined) {
    const found = bytes.toString('hex', 0, Math.min(length, SHOWN_BYTES));
    return { reason: 'not-utf8', detail: `data: found ${length} bytes, ${found}…, expected UTF-8 text` };
  }
  return decodeText(text, sink, { shaping, states, budget });
}
