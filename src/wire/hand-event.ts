// Events in their own form: what became of each, handed on with its own text where that is needed.
import { isObject, isSource } from '../core/event-rules.ts';
import { type ValidateOptions, type Validation, validateEvent } from '../core/validate-event.ts';
import type { ItemSink, Refusal } from './decoded-item.ts';
import { elementTexts, memberText } from './element-texts.ts';
import { MAX_EVENTS_PER_RECORD, tooMany } from './record-refusals.ts';

export interface Envelope {
  readonly source?: unknown;
  readonly events: readonly unknown[];
}

export function isEnvelope(parsed: unknown): parsed is Envelope {
  return isObject(parsed) && Array.isArray(parsed['events']) && parsed['time'] === undefined;
}

/** An array of events, or those of an envelope. */
export function decodeEach(
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

export function hand(validation: Validation, text: string, sink: ItemSink): void {
  const payload = { encoding: 'json', body: text } as const;
  if (validation.kind === 'valid') {
    const { event, setAside: detail } = validation;
    sink.addEvent(event, detail === undefined ? undefined : { detail, payload });
    return;
  }
  const { reason, detail, source } = validation;
  sink.addQuarantined({ index: sink.index, kind: 'quarantined', reason, detail, source, payload });
}

export function needsText(validation: Validation): boolean {
  return validation.kind === 'invalid' || validation.setAside !== undefined;
}

/** Each candidate's own text, with the source that its envelope states for it: so it means the same alone. */
export function candidateTexts(
  text: string,
  candidates: readonly unknown[],
  statedSource: unknown,
): string[] {
  const texts = elementTexts(memberText(text, 'events') ?? text);
  if (!isSource(statedSource)) return texts;
  const member = `"source":${JSON.stringify(statedSource)}`;
  return texts.map((own, i) => {
    const candidate = candidates[i];
    if (!isObject(candidate) || candidate['source'] !== undefined) return own;
    return Object.keys(candidate).length === 0 ? `{${member}}` : `{${member},${own.slice(1)}`;
  });
}
