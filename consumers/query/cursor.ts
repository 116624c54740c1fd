// Where a page ended, as an opaque text. It names a key and no more, of the list the request names itself: whoever makes
// one up reads nothing that `from` would not have given. It holds for the request it was made for alone.
import { createHash } from 'node:crypto';
import { describeFound } from '../../src/core/describe-found.ts';
import type { Checked } from '../../src/wire/api/check-value.ts';
import { checkValue } from '../../src/wire/api/check-value.ts';
import { integer, list, object, text, union } from '../../src/wire/api/schema.ts';

export interface Cursor {
  /** The key of the last entry given. */
  readonly after: string | number;
  /** When it was given. */
  readonly atMs: number;
  /** Starts of windows that were open then, beyond it, in the order of the list. */
  readonly open: readonly number[];
}

const cursorSchema = object({
  of: text(),
  after: union(text(), integer()),
  atMs: integer({ minimum: 0 }),
  open: list(integer({ minimum: 0 }), { maxItems: 1_000 }),
});

/** `request`: all of it but the cursor. */
export function writeCursor(request: object, { after, atMs, open }: Cursor): string {
  // Differences are short where the windows are near each other.
  const steps = open.map((start, at) => Math.abs(start - (open[at - 1] ?? 0)));
  const text = JSON.stringify({ of: fingerprint(request), after, atMs, open: steps });
  return Buffer.from(text).toString('base64url');
}

export function readCursor(
  written: string,
  request: object,
  { descending }: { readonly descending: boolean },
): Checked<Cursor> {
  const checked = checkValue(cursorSchema, parsed(written), 'query.cursor');
  const problem = (found: string, expected: string): Checked<Cursor> => ({
    kind: 'invalid',
    problems: [{ where: 'query.cursor', found, expected }],
  });
  if (checked.kind === 'invalid') return problem(describeFound(written), 'the `next` of a page');
  const { of, after, atMs, open: steps } = checked.value;
  if (of !== fingerprint(request)) {
    return problem('the cursor of another request', 'the other parameters as they were for the page before');
  }
  const open: number[] = [];
  for (const [at, step] of steps.entries())
    open.push((open[at - 1] ?? 0) + (at > 0 && descending ? -step : step));
  return { kind: 'valid', value: { after, atMs, open } };
}

function parsed(written: string): unknown {
  try {
    return JSON.parse(Buffer.from(written, 'base64url').toString());
  } catch {
    return undefined; // no cursor, as the answer says
  }
}

function fingerprint(request: object): string {
  const entries = Object.entries(request).filter(([name]) => name !== 'cursor');
  const text = JSON.stringify(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(text).digest('base64url').slice(0, 12);
}
