// A step of the verification: one thing that must hold of a stack, tried from outside.
import type { Place } from './place.ts';

export interface Step {
  /** The part of the system, and the property: `door.charset`. */
  readonly id: string;
  /** What is to hold, as a sentence. */
  readonly holds: string;
  /** What it means, and what to look at, where it does not. */
  readonly otherwise: string;
  readonly run: (place: Place) => Promise<Outcome>;
}

export type Outcome =
  | { readonly kind: 'held' }
  | { readonly kind: 'broken'; readonly found: string }
  /** It cannot be tried where it runs, and so says nothing. */
  | { readonly kind: 'untried'; readonly why: string };

export const HELD: Outcome = { kind: 'held' };

export function broken(found: string): Outcome {
  return { kind: 'broken', found };
}

export function untried(why: string): Outcome {
  return { kind: 'untried', why };
}
