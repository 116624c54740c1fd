// Decides what looks missing: a fence is put behind all changes of its source, and once who handles them has passed it, what is missing
// still is lost. No clock says how long that takes. A suspect that nothing will decide is let go: of a source that is no more there are no books to
// compare with, and a source that takes no fence is looked at anew by the next pass.
import { isUnnumbered } from '../../core/audit/compare-source.ts';
import type { Difference } from '../../core/audit/difference.ts';
import { sourceSeries } from '../../core/series.ts';
import { fencedMs, fenceMark } from '../fence-mark.ts';
import type { StoredPart } from '../windows.ts';
import type { Suspect } from './audit-progress.ts';
import { lookAtRollups } from './look-at-rollups.ts';
import type { LookDeps } from './look-at-source.ts';

export interface Settled {
  readonly confirmed: readonly Difference[];
  readonly waiting: readonly Suspect[];
}

export async function settleSuspects(suspects: readonly Suspect[], deps: LookDeps): Promise<Settled> {
  const confirmed: Difference[] = [];
  const waiting: Suspect[] = [];
  for (const suspect of suspects) {
    const outcome = await settle(suspect, deps);
    if (outcome.kind === 'lost') confirmed.push(suspect.difference);
    else if (outcome.kind === 'waits') waiting.push(outcome.suspect);
  }
  return { confirmed, waiting };
}

/** `gone`: nothing is left that could decide. */
type Outcome =
  | { readonly kind: 'lost' | 'there' | 'gone' }
  | { readonly kind: 'waits'; readonly suspect: Suspect };

async function settle(suspect: Suspect, deps: LookDeps): Promise<Outcome> {
  if (suspect.what === 'rollup') {
    const { differences } = await lookAtRollups(suspect.startMs, deps);
    return { kind: differences.some((each) => isSame(each, suspect.difference)) ? 'lost' : 'there' };
  }
  const { source, fence } = suspect;
  if (fence === undefined) return await fenceOff(suspect, deps);
  const [passed = ''] = await deps.windows.passed([source]);
  if (passed < fence)
    return isLost(fence, deps.nowMs()) ? await fenceOff(suspect, deps) : { kind: 'waits', suspect };
  const isMissingStill =
    suspect.what === 'window' ? await isMissing(suspect, deps) : await isLetterMissing(suspect, deps);
  return { kind: isMissingStill ? 'lost' : 'there' };
}

type Fenced = Suspect & { readonly what: 'window' | 'letter' };

/** Where the source has just changed the next run tries again. */
async function fenceOff(suspect: Fenced, { states, nowMs }: LookDeps): Promise<Outcome> {
  const [stored] = await states.load([suspect.source]);
  if (stored === undefined) return { kind: 'gone' };
  // Later ones are greater, whoever puts them up.
  const mark = fenceMark(stored, nowMs());
  if (await states.fence(stored, mark)) return { kind: 'waits', suspect: { ...suspect, fence: mark } };
  if (nowMs() - suspect.sinceMs > MOST_UNFENCED_MS && suspect.fence === undefined) return { kind: 'gone' };
  return { kind: 'waits', suspect: { ...suspect, fence: undefined } };
}

/** For so long a fence is tried again, at each run: an item without a version takes none, nor does one that is written all the time. */
const MOST_UNFENCED_MS = 24 * 3_600_000;

/** A change stream keeps a change for 24 hours: who has not handled it by then never will, and there has to be another fence. */
const CHANGES_KEPT_MS = 24 * 3_600_000;

function isLost(fence: string, nowMs: number): boolean {
  return nowMs - fencedMs(fence) > CHANGES_KEPT_MS;
}

async function isMissing(
  { difference, source, chain, number, bounds }: Suspect & { readonly what: 'window' },
  { windows, isKept }: LookDeps,
): Promise<boolean> {
  const { aggregation = '' } = difference.where;
  if (!isKept(aggregation, bounds.end)) return false;
  const range = { fromMs: bounds.start, toMs: bounds.start };
  for await (const together of windows.listParts(sourceSeries(aggregation, source), range)) {
    const isIt = ({ window }: StoredPart) =>
      (window.link?.chain === chain && window.link.number === number) || isUnnumbered(window, bounds);
    if (together.some(isIt)) return false;
  }
  return true;
}

async function isLetterMissing(
  { difference, source }: Suspect & { readonly what: 'letter' },
  { states, deadLetters }: LookDeps,
): Promise<boolean> {
  const { letter = 0 } = difference.where;
  if ((await deadLetters.numbersOf(source, { from: letter, to: letter })).has(letter)) return false;
  // It may have been put back, which is not noted beside it yet.
  const [stored] = await states.load([source]);
  return !(stored?.redriven ?? []).some(({ place }) => place?.number === letter);
}

function isSame(a: Difference, b: Difference): boolean {
  return a.kind === b.kind && JSON.stringify(a.where) === JSON.stringify(b.where);
}
