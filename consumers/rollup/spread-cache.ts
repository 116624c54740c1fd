// Over how many parts each rollup window is spread. That never changes, so what is known need not be asked again.
import type { Spread, WindowKey, Windows } from '../../src/stores/windows.ts';
import type { WindowWork } from './window-work.ts';

/** Windows: at about 150 bytes each some 3 MB. */
const LIMIT = 20_000;

export class SpreadCache {
  readonly #byKey = new Map<string, Spread>();

  get(key: WindowKey): Spread | undefined {
    return this.#byKey.get(windowKeyText(key));
  }

  put(key: WindowKey, spread: Spread): void {
    if (this.#byKey.size >= LIMIT) this.#byKey.clear();
    this.#byKey.set(windowKeyText(key), spread);
  }
}

export function windowKeyText({ series, start, end }: WindowKey): string {
  return `${start} ${end} ${series}`;
}

/**
 * The spread of each window, in order, decided where nobody has yet; or why it is not known. What is taken back decides nothing: where
 * nobody has written the window, there is nothing to be taken.
 */
export async function loadSpreads(
  works: readonly WindowWork[],
  { windows, spreads }: { readonly windows: Windows; readonly spreads: SpreadCache },
): Promise<{ readonly of: readonly (Spread | { readonly failed: string })[]; readonly reads: number }> {
  const of: (Spread | { readonly failed: string } | undefined)[] = works.map(({ key }) => spreads.get(key));
  const unknown = works.flatMap((work, at) => (of[at] === undefined ? [{ work, at }] : []));
  if (unknown.length > 0) {
    const stored = await windows.spreads(unknown.map(({ work }) => work.key));
    const missing = unknown.filter(({ work }, at) => stored[at] === undefined && bringsMore(work));
    const decided =
      missing.length === 0 ? [] : await windows.decideSpreads(missing.map(({ work }) => decisionOf(work)));
    for (const [index, { at }] of unknown.entries()) of[at] = stored[index];
    for (const [index, { at }] of missing.entries()) of[at] = decided[index];
  }
  for (const [at, work] of works.entries()) {
    const spread = of[at];
    if (spread !== undefined && !('failed' in spread)) spreads.put(work.key, spread);
    else if (spread === undefined && !bringsMore(work)) of[at] = { parts: work.parts, incomplete: false };
  }
  return { of: of.map((spread) => spread ?? { failed: 'the store gave no outcome' }), reads: unknown.length };
}

function bringsMore({ additions }: WindowWork): boolean {
  return additions.some(({ contribution }) => contribution.isTakenBack !== true);
}

function decisionOf({ key, additions: [first], parts, retentionMs, lastArrivalMs }: WindowWork) {
  return {
    window: key,
    // Where its time had run out before anything came, an earlier one of the same name may have been deleted.
    spread: { parts, incomplete: first?.isExpired === true },
    // It must outlive the parts, whose expiry moves with each write.
    expiresAtMs: retentionMs === undefined ? undefined : Math.max(key.end, lastArrivalMs) + 2 * retentionMs,
  };
}
