// Shapes in their checked form: what decoding reads.
import type { OpenStep, ShapeFormat, TimeUnit } from './shape-definition.ts';
import type { ShapePath } from './shape-path.ts';
import type { TimePattern } from './time-pattern.ts';

export interface Shape {
  readonly name: string;
  readonly format: ShapeFormat;
  /** Where the document proper may stand: the first of these that is there. Never empty. */
  readonly inside: readonly ShapePath[];
  readonly when: AnyOf;
  /** Openings applied to the whole document before anything is cut out of it. */
  readonly open: readonly Opening[];
  readonly parts: readonly ShapePart[];
  /** Its paths begin inside a list: it is asked of a list as a whole, others of each element. */
  readonly takesLists: boolean;
  /** Holds for records that arrived from then on, and before; undefined: whenever. */
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  /** All that decides which parts there are, and in what order. */
  readonly cutting: string;
}

export interface ShapePart {
  readonly when: AnyOf;
  readonly ignore: AnyOf | undefined;
  readonly each: readonly EachStep[];
  readonly open: readonly Opening[];
  readonly source: TextField;
  readonly id: TextField | undefined;
  readonly type: TextField | undefined;
  readonly time: TimeField;
  readonly values: readonly ValueRule[];
  readonly tags: readonly TagRule[];
}

/** None at all is met by everything. */
export type AnyOf = readonly Condition[];

export interface Condition {
  readonly has: readonly ShapePath[];
  readonly lacks: readonly ShapePath[];
  readonly equals: readonly { readonly path: ShapePath; readonly anyOf: ReadonlySet<unknown> }[];
  readonly partitionKey: RegExp | undefined;
  readonly route: string | undefined;
}

export interface Opening {
  readonly path: ShapePath;
  readonly steps: readonly OpenStep[];
}

export type EachStep =
  | { readonly kind: 'path'; readonly path: ShapePath }
  | { readonly kind: 'rows'; readonly rows: ShapePath; readonly columns: ShapePath | readonly string[] }
  | { readonly kind: 'transpose'; readonly lists: ShapePath };

/** The first of these that is there counts; a template is where all its places are. */
export type TextField = readonly TextSource[];

export type TextSource =
  | { readonly kind: 'path'; readonly path: ShapePath }
  | { readonly kind: 'template'; readonly pieces: readonly (string | ShapePath)[] };

export interface TimeField {
  readonly from: TextField;
  readonly as: TimeFormat;
  readonly zone: string | undefined;
  readonly plus: { readonly path: ShapePath; readonly as: TimeUnit } | undefined;
}

export type TimeFormat =
  | { readonly kind: 'unit'; readonly unit: TimeUnit | 'auto' }
  | { readonly kind: 'own' | 'rfc3339' | 'iso' }
  | { readonly kind: 'pattern'; readonly pattern: TimePattern };

/** A plain name, or pieces to be filled in. */
export type RuleName = string | readonly (string | ShapePath)[];

export interface ValueRule {
  readonly from: TextField;
  /** undefined: the names are those of what is nested. */
  readonly name: RuleName | undefined;
  readonly text: 'skip' | 'number' | 'units';
  /** What one of each unit is, and of none (""); undefined: whatever the unit, the number counts as it stands. */
  readonly units: ReadonlyMap<string, number> | undefined;
  readonly enums: ReadonlyMap<string, number> | undefined;
  readonly missing: ReadonlySet<unknown> | undefined;
  readonly decimalComma: boolean;
  readonly arrays: 'index' | 'skip';
  readonly rename: ReadonlyMap<string, string> | undefined;
  readonly drop: RegExp | undefined;
  readonly only: RegExp | undefined;
  /** Dotted names that are read as something else, and so are no values. */
  readonly taken: ReadonlySet<string> | undefined;
}

export interface TagRule {
  readonly from: TextField;
  readonly name: RuleName | undefined;
  readonly drop: RegExp | undefined;
  readonly only: RegExp | undefined;
}
