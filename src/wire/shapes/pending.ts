import type { Shape, ShapePart } from '../../core/shape/shape.ts';
import type { Validation } from '../../core/validate-event.ts';
import type { Refusal } from '../decoded-item.ts';
import type { RecordFacts, Scope } from './scope.ts';

/** The text of a document, cut out only when it is asked for. */
export type Origin = () => string;

/** What was found, not an event yet: a record is read whole, or refused whole. */
export type Found =
  /** An event in its own form, or what was taken for one. */
  | {
      readonly kind: 'own';
      readonly validation: Validation;
      readonly origin: Origin;
      readonly record: RecordFacts;
    }
  | {
      readonly kind: 'part';
      readonly shape: Shape;
      readonly part: ShapePart;
      readonly scope: Scope;
      readonly origin: Origin;
    }
  /** A text among others that cannot be read. */
  | {
      readonly kind: 'unreadable';
      readonly refusal: Refusal;
      readonly text: string;
      /** For a text that a door handed on encoded: whose it is, and what the door would hand on of it alone. */
      readonly routed?: { readonly source: string | undefined; readonly body: string };
    };

/** With its place among all parts that the record was cut into, those that are no events included. */
export interface Pending {
  readonly found: Found;
  readonly place: number;
}
