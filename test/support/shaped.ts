// What shapes make of data, as a consumer decodes it.
import { BUILT_IN_SHAPES } from '../../src/core/shape/built-in-shapes.ts';
import { readShape } from '../../src/core/shape/read-shape.ts';
import type { Shape } from '../../src/core/shape/shape.ts';
import type { ShapeDefinition } from '../../src/core/shape/shape-definition.ts';
import type { DecodedItem } from '../../src/wire/decoded-item.ts';
import { decodeRecord } from '../../src/wire/record-codec.ts';
import { type SkippedPath, SkippedPaths } from '../../src/wire/shapes/skipped-paths.ts';

export const ARRIVAL_MS = 1_772_352_000_000;

/** @throws Error with everything that is wrong with them */
export function shapesOf(...definitions: readonly (string | ShapeDefinition)[]): Shape[] {
  const problems: string[] = [];
  const shapes = definitions.flatMap(
    (definition, at) => readShape(definition, `shapes[${at}]`, { problems, builtIn: BUILT_IN_SHAPES }) ?? [],
  );
  if (problems.length > 0) throw new Error(problems.join('\n'));
  return shapes;
}

export interface Shaped {
  readonly items: readonly DecodedItem[];
  readonly events: readonly Extract<DecodedItem, { readonly kind: 'event' }>['event'][];
  readonly refused: readonly Extract<DecodedItem, { readonly kind: 'quarantined' }>[];
  readonly skipped: readonly SkippedPath[];
}

/** `data`: a text, bytes, or anything else as JSON. */
export function shaped(
  data: unknown,
  shapes: readonly Shape[],
  {
    partitionKey = 'key',
    arrivalMs = ARRIVAL_MS,
    route,
    askedTags,
    states,
  }: {
    readonly partitionKey?: string;
    readonly arrivalMs?: number;
    readonly route?: string;
    readonly askedTags?: ReadonlySet<string>;
    readonly states?: ReadonlySet<string>;
  } = {},
): Shaped {
  const bytes = Buffer.isBuffer(data)
    ? data
    : Buffer.from(typeof data === 'string' ? data : JSON.stringify(data));
  const skipped = new SkippedPaths();
  const record = { partitionKey, arrivalMs, route };
  const items = decodeRecord(bytes.toString('base64'), { shapes, skipped, askedTags, states, record });
  return {
    items,
    events: items.flatMap((item) => (item.kind === 'event' ? [item.event] : [])),
    refused: items.flatMap((item) => (item.kind === 'quarantined' ? [item] : [])),
    skipped: skipped.list(),
  };
}
