// A mapping template, read: what `parseTemplate` makes and `runTemplate` runs.

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  | PrintedReference
  | { readonly kind: 'set'; readonly target: Reference; readonly value: Expression }
  | { readonly kind: 'if'; readonly branches: readonly Branch[] }
  | { readonly kind: 'foreach'; readonly name: string; readonly list: Expression; readonly body: Parts }
  | { readonly kind: 'break' }
  | { readonly kind: 'stop' };

export type Parts = readonly Part[];

export interface PrintedReference {
  readonly kind: 'reference';
  readonly reference: Reference;
  /** As it is written: what a variable that is not defined may print as. */
  readonly written: string;
  /** `$!x`: prints nothing where there is nothing. */
  readonly quiet: boolean;
  /** `\$x`: of a defined variable the reference's own text. */
  readonly escaped: boolean;
}

export interface Branch {
  /** Undefined: `#else`. */
  readonly condition: Expression | undefined;
  readonly body: Parts;
}

export interface Reference {
  readonly name: string;
  readonly steps: readonly Step[];
}

export type Step =
  | { readonly kind: 'property'; readonly name: string }
  | { readonly kind: 'method'; readonly name: string; readonly parameters: readonly Expression[] }
  | { readonly kind: 'index'; readonly index: Expression };

export type Expression =
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  /** In double quotes, with references in it. */
  | { readonly kind: 'interpolated'; readonly parts: Parts }
  | { readonly kind: 'value'; readonly reference: Reference }
  | { readonly kind: 'list'; readonly items: readonly Expression[] }
  | { readonly kind: 'range'; readonly from: Expression; readonly to: Expression }
  | { readonly kind: 'map'; readonly entries: readonly (readonly [Expression, Expression])[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | {
      readonly kind: 'binary';
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    };

export type BinaryOperator =
  | '||'
  | '&&'
  | '=='
  | '!='
  | '<'
  | '>'
  | '<='
  | '>='
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';
