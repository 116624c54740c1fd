// The samples of one state, or of one value weighted by time, of a source in one aggregation, in order of event time whatever their
// tags. States are stored as numbers, whose meaning is private to the trail.
import type { EpochMs } from './brands.ts';
import type { CounterSample, CounterTrail } from './counter-trail.ts';
import { emptyTrail } from './counter-trail.ts';
import type { StateRule } from './pipeline/pipeline.ts';
import { OTHER_STATE } from './state-time.ts';
import { textBytes } from './text-bytes.ts';

export interface HeldTrail {
  readonly name: string;
  /**
   * The state that each number stands for. The first stands for all that are not distinguished; an empty text marks an unused
   * number. Undefined for values, which stand for themselves.
   */
  readonly texts: string[] | undefined;
  readonly trail: CounterTrail;
  /** Since when the source had been in the state of the first sample, if that is known to be earlier than the sample. */
  beganMs?: EpochMs | undefined;
}

/** A state and a value of one name are separate. */
export function heldKey(name: string, kind: 'state' | 'value'): string {
  return kind === 'state' ? `s${name}` : `v${name}`;
}

export function emptyHeldTrail(name: string, kind: 'state' | 'value'): HeldTrail {
  return { name, texts: kind === 'state' ? [OTHER_STATE] : undefined, trail: emptyTrail(name) };
}

/** What it takes in the source's item, at most. */
export function heldBytes({ trail, texts }: HeldTrail): number {
  let bytes = HELD_BYTES + trail.bytes;
  if (texts !== undefined) for (const text of texts) bytes += textBytes(text);
  return bytes;
}

/** Which kind, how many texts, and since when. */
export const HELD_BYTES = 16;

/**
 * Since when the source had been in the state of the sample at this index, without a gap. Deleted samples in between may have been
 * other states.
 */
export function beganMsOf(
  { trail: { samples }, beganMs }: HeldTrail,
  at: number,
  holdMs = Number.POSITIVE_INFINITY,
): EpochMs | undefined {
  for (let place = at; ; place -= 1) {
    const [own, before] = [samples[place], samples[place - 1]];
    if (own === undefined) return undefined;
    if (before === undefined) return beganMs ?? own.time;
    if (own.afterGap || before.value !== own.value || before.time + holdMs < own.time) return own.time;
  }
}

/** The number of a state: its own if there is room, otherwise that of all others. */
export function numberOfState(texts: string[], text: string, { among, max }: StateRule): number {
  if (among !== undefined && !among.has(text)) return OTHER;
  const known = texts.indexOf(text, 1);
  if (known > 0) return known;
  if (among === undefined && texts.filter((each) => each !== OTHER_STATE).length >= max) return OTHER;
  const free = texts.indexOf(OTHER_STATE, 1);
  if (free < 0) return texts.push(text) - 1;
  texts[free] = text;
  return free;
}

export function stateOf({ texts }: HeldTrail, { value }: CounterSample): string {
  return texts?.[value] ?? OTHER_STATE;
}

/** Frees the numbers of states that no sample and no window has any more. */
export function freeStates({ texts, trail }: HeldTrail, isKnown: (state: string) => boolean): void {
  if (texts === undefined || texts.length === 1) return;
  const used = new Set(trail.samples.map(({ value }) => value));
  for (let at = 1; at < texts.length; at += 1) {
    const text = texts[at];
    if (text !== undefined && text !== OTHER_STATE && !used.has(at) && !isKnown(text))
      texts[at] = OTHER_STATE;
  }
  while (texts.length > 1 && texts.at(-1) === OTHER_STATE) texts.pop();
}

const OTHER = 0;
