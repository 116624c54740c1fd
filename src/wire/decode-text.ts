// One record's text, or one user record's: an event, an array of events, or an envelope that states their source once.
import { quote } from '../core/describe-found.ts';
import { isObject, isSource } from '../core/event-rules.ts';
import { type ValidateOptions, type Validation, validateEvent } from '../core/validate-event.ts';
import { holdsTooManyContainers, MAX_CONTAINERS } from './container-bound.ts';
import type { ItemSink, Refusal } from './decoded-item.ts';
import { elementTexts, memberText } from './element-texts.ts';

/** Bounds the work and the dead letters that one record can make. Few events fit 100 bytes, and a record has 1 MiB. */
export const MAX_EVENTS_PER_RECORD = 10_000;

const DELETE = '\x7f';

/** Hands what became of each event in `text` to `sink`; adds nothing when the text as a whole is refused. */
export function decodeText(text: string, sink: ItemSink, ascii = false): Refusal | undefined {
  if (holdsTooManyContainers(text)) return tooManyContainers();
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return notJson(text, error);
  }
  const wellFormed = !text.includes('\\');
  const printable = ascii && wellFormed && !text.includes(DELETE);
  if (Array.isArray(parsed)) {
    const rules = { statedSource: undefined, wellFormed, printable };
    return decodeEach(parsed, rules, text, sink);
  }
  if (isEnvelope(parsed)) {
    const rules = { statedSource: parsed.source, wellFormed, printable };
    return decodeEach(parsed.events, rules, text, sink);
  }
  const rules = { statedSource: undefined, wellFormed, printable };
  hand(validateEvent(parsed, rules), text, sink);
  return undefined;
}

interface Envelope {
  readonly source?: unknown;
  readonly events: readonly unknown[];
}

function isEnvelope(parsed: unknown): parsed is Envelope {
  return isObject(parsed) && Array.isArray(parsed['events']) && parsed['time'] === undefined;
}

function decodeEach(
  candidates: readonly unknown[],
  rules: ValidateOptions,
  text: string,
  sink: ItemSink,
): Refusal | undefined {
  if (sink.count + candidates.length > MAX_EVENTS_PER_RECORD) {
    return tooMany(sink.count + candidates.length);
  }
  let texts: readonly string[] | undefined; // costly to cut: only once something of an event is bad
  for (let i = 0; i < candidates.length; i++) {
    const validation = validateEvent(candidates[i], rules);
    if (needsText(validation)) texts ??= candidateTexts(text, candidates, rules.statedSource);
    hand(validation, texts?.[i] ?? '', sink);
  }
  return undefined;
}

function hand(validation: Validation, text: string, sink: ItemSink): void {
  const payload = { encoding: 'json', body: text } as const;
  if (validation.kind === 'valid') {
    const { event, setAside: detail } = validation;
    sink.addEvent(event, detail === undefined ? undefined : { detail, payload });
    return;
  }
  const { reason, detail, source } = validation;
  sink.addQuarantined({ index: sink.count, kind: 'quarantined', reason, detail, source, payload });
}

function needsText(validation: Validation): boolean {
  return validation.kind === 'invalid' || validation.setAside !== undefined;
}

/** Each candidate's own text, with the source that its envelope states for it: so it means the same alone. */
function candidateTexts(text: string, candidates: readonly unknown[], statedSource: unknown): string[] {
  const texts = elementTexts(memberText(text, 'events') ?? text);
  if (!isSource(statedSource)) return texts;
  const member = `"source":${JSON.stringify(statedSource)}`;
  return texts.map((own, i) => {
    const candidate = candidates[i];
    if (!isObject(candidate) || candidate['source'] !== undefined) return own;
    return Object.keys(candidate).length === 0 ? `{${member}}` : `{${member},${own.slice(1)}`;
  });
}

function tooManyContainers(): Refusal {
  const detail = `data: found more than ${MAX_CONTAINERS} objects and arrays, expected at most that`;
  return { reason: 'too-large', detail };
}

function notJson(text: string, error: unknown): Refusal {
  if (!(error instanceof SyntaxError)) throw error;
  if (text === '') return { reason: 'not-json', detail: 'data: found nothing, expected JSON' };
  const detail = `data: found ${quote(text)}, expected JSON: ${quote(error.message)}`;
  return { reason: 'not-json', detail };
}

/** Says of a record that it holds too many events. */
export function tooMany(found: number): Refusal {
  const detail = `record: found ${found} events or more, expected at most ${MAX_EVENTS_PER_RECORD}`;
  return { reason: 'too-many-events', detail };
}
