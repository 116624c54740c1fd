// A shape whose paths are all members of the document itself, made ready to be read in one pass: which member is what.
// Most devices send such documents; everything a plan cannot say is left to the long way.
import { EVENT_LIMITS } from '../../core/event-limits.ts';
import { isName } from '../../core/event-rules.ts';
import type { Condition, Shape, ShapePart, TagRule, TextField, ValueRule } from '../../core/shape/shape.ts';
import type { ShapePath } from '../../core/shape/shape-path.ts';

/** Where a member is kept while its document is read. */
type Slot = number;

export type FlatSource =
  | { readonly kind: 'member'; readonly slot: Slot; readonly segment: number | undefined }
  | { readonly kind: 'partitionKey' }
  | { readonly kind: 'template'; readonly pieces: readonly (string | Slot)[] };
/** The first of these that is there counts. */
export type FlatField = readonly FlatSource[];

export interface FlatCondition {
  readonly has: readonly Slot[];
  readonly lacks: readonly Slot[];
  readonly partitionKey: RegExp | undefined;
}

export interface FlatShape {
  readonly name: string;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly when: readonly FlatCondition[];
  readonly source: FlatField;
  /** It is a text of the document, which holds no control character where it is read in one pass. */
  readonly isSourcePrintable: boolean;
  readonly id: FlatField;
  readonly type: FlatField;
  readonly time: FlatField;
  readonly timeField: ShapePart['time'];
  /** All members that are nothing else; undefined where values are named one by one. */
  readonly all: ValueRule | undefined;
  readonly values: readonly { readonly name: string; readonly from: FlatField; readonly rule: ValueRule }[];
  readonly hasTags: boolean;
  readonly tags: readonly { readonly name: string; readonly from: FlatField }[];
}

const plans = new WeakMap<Shape, FlatShape | 'none'>();

/** The flat form of the shape that is tried first on a single document; undefined where it looks deeper than its members. */
export function flatShapeOf(shapes: readonly Shape[]): FlatShape | undefined {
  for (const shape of shapes) {
    if (shape.format !== 'json' || shape.takesLists) continue;
    let plan = plans.get(shape);
    if (plan === undefined) {
      plan = planOf(shape) ?? 'none';
      plans.set(shape, plan);
    }
    return plan === 'none' ? undefined : plan;
  }
  return undefined;
}

function planOf(shape: Shape): FlatShape | undefined {
  const [part, ...others] = shape.parts;
  const isWhole = shape.inside.every(({ from, steps }) => from === 0 && steps.length === 0);
  if (part === undefined || others.length > 0 || !isWhole || shape.open.length > 0) return undefined;
  if (part.each.length > 0 || part.open.length > 0 || part.when.length > 0) return undefined;
  if (part.ignore !== undefined || part.time.plus !== undefined) return undefined;
  const plan = new Planner();
  const all = wholeRule(part.values);
  const source = plan.field(part.source);
  const planned = {
    name: shape.name,
    when: shape.when.map((condition) => plan.condition(condition)),
    source,
    isSourcePrintable: source.every(({ kind }) => kind === 'member'),
    id: plan.field(part.id ?? []),
    type: plan.field(part.type ?? []),
    time: plan.field(part.time.from),
    timeField: part.time,
    all,
    values: all === undefined ? part.values.map((rule) => plan.value(rule)) : [],
    hasTags: part.tags.length > 0,
    tags: part.tags.map((rule) => plan.tag(rule)),
  };
  const areDistinct = isDistinct(planned.values) && isDistinct(planned.tags);
  return plan.isFlat && areDistinct ? { ...planned, slots: plan.slots } : undefined;
}

function isDistinct(rules: readonly { readonly name: string }[]): boolean {
  return new Set(rules.map(({ name }) => name)).size === rules.length;
}

/** One rule for everything that is nothing else. */
function wholeRule([rule, ...others]: readonly ValueRule[]): ValueRule | undefined {
  const [from, ...further] = rule?.from ?? [];
  if (rule === undefined || others.length > 0 || further.length > 0 || rule.name !== undefined)
    return undefined;
  const isAll = from?.kind === 'path' && from.path.from === 0 && from.path.steps.length === 0;
  return isAll && from.path.segment === undefined ? rule : undefined;
}

class Planner {
  readonly slots = new Map<string, Slot>();
  isFlat = true;

  condition({ has, lacks, equals, partitionKey, route }: Condition): FlatCondition {
    if (equals.length > 0 || route !== undefined) this.isFlat = false;
    return {
      has: has.map((path) => this.#plain(path)),
      lacks: lacks.map((path) => this.#plain(path)),
      partitionKey,
    };
  }

  field(field: TextField): FlatField {
    return field.map((source) => {
      if (source.kind === 'template')
        return {
          kind: 'template',
          pieces: source.pieces.map((piece) => (typeof piece === 'string' ? piece : this.#plain(piece))),
        };
      const { path } = source;
      if (path.from === '@partitionKey' && path.segment === undefined) return { kind: 'partitionKey' };
      return { kind: 'member', slot: this.#member(path), segment: path.segment };
    });
  }

  value(rule: ValueRule): FlatShape['values'][number] {
    if (rule.drop !== undefined || rule.only !== undefined || rule.rename !== undefined) this.isFlat = false;
    return { name: this.#name(rule, EVENT_LIMITS.valueNameLength), from: this.field(rule.from), rule };
  }

  tag(rule: TagRule): FlatShape['tags'][number] {
    if (rule.drop !== undefined || rule.only !== undefined) this.isFlat = false;
    return { name: this.#name(rule, EVENT_LIMITS.tagNameLength), from: this.field(rule.from) };
  }

  /** Its own, or that of the member it is read from first. */
  #name({ name, from }: Pick<ValueRule, 'name' | 'from'>, most: number): string {
    const [first] = from;
    const step = first?.kind === 'path' ? first.path.steps.at(-1) : undefined;
    const text = name ?? (step?.kind === 'name' ? step.name : '');
    const isPlain = typeof text === 'string' && text !== '__proto__' && isName(text, most, true);
    if (!isPlain) this.isFlat = false;
    return isPlain ? text : '';
  }

  #plain(path: ShapePath): Slot {
    if (path.segment !== undefined) this.isFlat = false;
    return this.#member(path);
  }

  #member({ from, steps }: ShapePath): Slot {
    const [step, ...others] = steps;
    if (from !== 0 || step?.kind !== 'name' || others.length > 0) {
      this.isFlat = false;
      return 0;
    }
    const slot = this.slots.get(step.name) ?? this.slots.size;
    this.slots.set(step.name, slot);
    return slot;
  }
}
