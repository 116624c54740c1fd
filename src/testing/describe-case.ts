// What came of a recorded case, in words: `ok NAME`, or the rows that differ.
import type { CaseFailure, CaseResult } from './run-case.ts';

export function describeCase({ name, variants, failures }: CaseResult): string {
  if (failures.length === 0) return `ok ${name}\n`;
  return [`FAILED ${name}`, ...failures.flatMap((failure) => linesOf(failure, variants)), ''].join('\n');
}

/** A case may have thousands of rows: the first show what is wrong. */
const MAX_SHOWN = 20;

function linesOf(
  { variants: failing, problem, differences }: CaseFailure,
  variants: number,
): readonly string[] {
  const shown = differences.slice(0, MAX_SHOWN);
  const rows = shown.flatMap(({ row, expected, found }) => [`  - ${row},${expected}`, `  + ${row},${found}`]);
  const left = differences.length - shown.length;
  return [
    ...(failing.length === 0
      ? []
      : [`  ${whichOf(failing, variants)}: ${whatOf(differences.length, problem)}`]),
    ...(problem === undefined ? [] : problem.split('\n').map((line) => `  ${line}`)),
    ...rows,
    ...(left > 0 ? [`  and ${left} more`] : []),
  ];
}

function whichOf(failing: readonly string[], variants: number): string {
  return failing.length === variants ? `in each of ${variants} runs` : `with ${failing.join('; ')}`;
}

function whatOf(rows: number, problem: string | undefined): string {
  if (rows === 0) return problem === undefined ? 'nothing differs' : 'failed';
  return `${rows === 1 ? '1 row differs' : `${rows} rows differ`} (- expected, + found)`;
}
