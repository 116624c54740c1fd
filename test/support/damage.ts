// What becomes of a recording in a bucket or on its way: cut, changed, doubled, taken away, of another version.
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { Objects } from '../../src/stores/archive/objects.ts';

export interface Damage {
  /** Which object of those that can be damaged so, as a part of them. */
  readonly which: number;
  readonly how:
    | { readonly kind: 'removed' }
    | { readonly kind: 'cut' | 'flipped'; readonly at: number }
    | { readonly kind: 'copied' }
    | { readonly kind: 'lines'; readonly edit: LineEdit; readonly at: number };
}

type LineEdit = 'dropped' | 'doubled' | 'swapped' | 'broken' | 'changed' | 'newer';

const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
const edits = fc.constantFrom<LineEdit[]>('dropped', 'doubled', 'swapped', 'broken', 'changed', 'newer');

export const arbitraryDamage: fc.Arbitrary<Damage> = fc.record({
  which: part,
  how: fc.oneof(
    fc.constant({ kind: 'removed' as const }),
    fc.constant({ kind: 'copied' as const }),
    fc.record({ kind: fc.constantFrom('cut' as const, 'flipped' as const), at: part }),
    fc.record({ kind: fc.constant('lines' as const), edit: edits, at: part }),
  ),
});

/**
 * `listed`: keys of objects that manifests name. Nothing says what should stand in the others, so that they are cut or flipped alone.
 * @returns the key, and what makes it as it was; undefined: nothing of this archive can be damaged so, or it is as it was
 */
export async function damage(
  objects: Objects,
  { which, how }: Damage,
  listed: ReadonlySet<string>,
): Promise<{ readonly key: string; readonly mend: () => Promise<void> } | undefined> {
  const keys: string[] = [];
  for await (const { key } of objects.list('records/')) {
    const isRecords = key.endsWith('.zst');
    const isKnown = !isRecords || listed.has(key);
    if (how.kind === 'cut' || how.kind === 'flipped' || (how.kind === 'removed' && isKnown)) keys.push(key);
    else if (isRecords && isKnown) keys.push(key);
  }
  const key = keys[Math.floor(which * keys.length)];
  const stored = key === undefined ? undefined : await objects.get(key);
  if (key === undefined || stored === undefined) return undefined;
  const { body } = stored;
  if (how.kind === 'copied') {
    const copy = key.replace(/(\d)\.ndjson/, (_, digit: string) => `${(Number(digit) + 1) % 10}.ndjson`);
    if ((await objects.get(copy)) !== undefined) return undefined;
    await objects.put(copy, body);
    return { key: copy, mend: () => objects.remove(copy) };
  }
  const mend = async () => void (await objects.put(key, body));
  if (how.kind === 'removed') await objects.remove(key);
  else {
    const damaged = damagedBody(body, how);
    if (damaged.equals(body)) return undefined;
    await objects.put(key, damaged);
  }
  return { key, mend };
}

function damagedBody(
  body: Buffer,
  how: Extract<Damage['how'], { readonly kind: 'cut' | 'flipped' | 'lines' }>,
): Buffer {
  const at = Math.floor(how.at * body.length);
  if (how.kind !== 'lines') {
    if (how.kind === 'cut') return body.subarray(0, at);
    const flipped = Buffer.from(body);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    return flipped;
  }
  const [head = '', ...lines] = zstdDecompressSync(body).toString().trimEnd().split('\n');
  const edited = editedLines(head, lines, how.edit, Math.floor(how.at * lines.length));
  return zstdCompressSync(`${edited.join('\n')}\n`);
}

function editedLines(head: string, lines: readonly string[], edit: LineEdit, at: number): readonly string[] {
  const line = lines[at] ?? '';
  switch (edit) {
    case 'dropped':
      return [head, ...lines.toSpliced(at, 1)];
    case 'doubled':
      return [head, ...lines.toSpliced(at, 0, line)];
    case 'swapped':
      return [head, ...lines.toSpliced(at, 2, ...lines.slice(at, at + 2).reverse())];
    case 'broken':
      return [head, ...lines.toSpliced(at, 1, line.slice(0, line.length / 2))];
    case 'changed':
      return [
        head,
        ...lines.toSpliced(
          at,
          1,
          line.replace(/(\d)(?=\D*$)/, (digit) => `${9 - Number(digit)}`),
        ),
      ];
    case 'newer':
      return [head.replace('"version":1', '"version":2'), ...lines];
  }
}
