import { quote } from '../../src/core/describe-found.ts';
import type { Pipeline, Rollup } from '../../src/core/pipeline/pipeline.ts';
import type { ValueProblem } from '../../src/wire/api/check-value.ts';

export function findRollup(
  name: string,
  { rollups }: Pipeline,
):
  | { readonly kind: 'found'; readonly rollup: Rollup }
  | { readonly kind: 'missing'; readonly problem: ValueProblem } {
  const rollup = rollups.find((one) => one.name === name);
  if (rollup !== undefined) return { kind: 'found', rollup };
  const names = rollups.map((one) => one.name).join(', ');
  const expected = names === '' ? 'a rollup; the pipeline has none' : `one of ${names}`;
  return { kind: 'missing', problem: { where: 'path.name', found: quote(name), expected } };
}
