import type { SkippedPath } from '../wire/shapes/skipped-paths.ts';
import { formatNumber } from './print-table.ts';

const MAX_LINES = 12;

/** What was not taken, by path, the most frequent first. */
export function skippedLines(skipped: readonly SkippedPath[]): string[] {
  const lines = skipped
    .slice(0, MAX_LINES)
    .map(
      ({ path, reason, count }, at) =>
        `${(at === 0 ? 'not taken' : '').padEnd(15)} ${formatNumber(count)} ${path === '' ? '(document)' : path}: ${reason}`,
    );
  const rest = skipped.length - MAX_LINES;
  return rest > 0 ? [...lines, `${''.padEnd(15)} and ${formatNumber(rest)} paths more`] : lines;
}
