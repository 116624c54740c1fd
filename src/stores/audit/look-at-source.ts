// Reads what is stored of one source, after its state, and compares.
import {
  accountOf,
  compareBooks,
  compareChain,
  compareLatest,
  compareLetters,
  latestLink,
  type SourceAccount,
} from '../../core/audit/compare-source.ts';
import type { Difference } from '../../core/audit/difference.ts';
import { type IdRange, idGaps } from '../../core/audit/id-gaps.ts';
import type { ClosingChain } from '../../core/closing-chain.ts';
import type { Pipeline } from '../../core/pipeline/pipeline.ts';
import { sourceSeries } from '../../core/series.ts';
import { decodeStateImage } from '../../core/state-encoding.ts';
import type { StoredWindow } from '../../core/stored-window.ts';
import type { DeadLetters } from '../dead-letters.ts';
import type { SourceStates, StoredState } from '../source-states.ts';
import { StoreError } from '../store-error.ts';
import type { Windows } from '../windows.ts';
import type { Suspect } from './audit-progress.ts';

export interface LookDeps {
  readonly pipeline: Pipeline;
  readonly states: SourceStates;
  readonly windows: Windows;
  readonly deadLetters: DeadLetters;
  readonly nowMs: () => number;
  /** How far back: windows of each aggregation, and letters. */
  readonly depth: number;
  /** Whether a window of an aggregation that ends then is kept still. */
  readonly isKept: (aggregation: string, endMs: number) => boolean;
}

export interface SourceReport {
  readonly differences: readonly Difference[];
  readonly suspects: readonly Suspect[];
  readonly windows: number;
  readonly letters: number;
  /** undefined: its ids do not count. */
  readonly ids?: SourceIds | undefined;
}

interface SourceIds {
  readonly source: string;
  /** Numbers that its counter has left out. */
  readonly gaps: readonly IdRange[];
  /** Events that were late or quarantined, ever: their ids are not remembered. */
  readonly notApplied: number;
}

export async function lookAtSource(stored: StoredState, deps: LookDeps): Promise<SourceReport> {
  const { source } = stored;
  const account = readAccount(stored);
  if (typeof account === 'string') return unreadable(source, account);
  try {
    return await lookAt(account, stored, deps);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    return unreadable(source, String(error));
  }
}

/** Throws where a window cannot be read. */
async function lookAt(account: SourceAccount, stored: StoredState, deps: LookDeps): Promise<SourceReport> {
  const { source } = account;
  const differences = compareBooks(account, deps.pipeline);
  const suspects: Suspect[] = [];
  let windows = 0;
  for (const { name, chain } of account.aggregations) {
    if (chain === undefined) continue;
    const found = await latestWindows(sourceSeries(name, source), chain, deps);
    windows += found.windows.length;
    const isKept = (endMs: number) => deps.isKept(name, endMs);
    const { differences: own, missing } = compareChain(source, {
      aggregation: name,
      chain,
      ...found,
      isKept,
    });
    differences.push(...own, ...(await lookAtLatest(account, name, found.windows, deps)));
    for (const { difference, chain: id, number } of missing) {
      const { startMs: start = 0, endMs: end = 0 } = difference.where;
      const bounds = { start, end };
      suspects.push({ what: 'window', source, chain: id, number, bounds, difference, sinceMs: deps.nowMs() });
    }
  }
  const letters = await lookAtLetters(account, stored, deps);
  suspects.push(
    ...letters.map((difference): Suspect => ({ what: 'letter', source, difference, sinceMs: deps.nowMs() })),
  );
  return { differences, suspects, windows, letters: account.handedOn, ids: idsOf(account, deps.pipeline) };
}

function idsOf(account: SourceAccount, pipeline: Pipeline): SourceIds | undefined {
  const { source, counts } = account;
  const gaps = idGaps(account, pipeline);
  return gaps && { source, gaps, notApplied: counts.late + counts.quarantined };
}

export async function lookAtLetters(
  account: SourceAccount,
  { redriven = [] }: Pick<StoredState, 'redriven'>,
  { deadLetters, depth }: Pick<LookDeps, 'deadLetters' | 'depth'>,
): Promise<readonly Difference[]> {
  if (account.handedOn === 0) return [];
  const from = Math.max(1, account.handedOn - depth + 1);
  const kept = new Set(await deadLetters.numbersOf(account.source, { from, to: account.handedOn }));
  // Their letters may have been written over, before it is noted beside them what became of them.
  for (const { place } of redriven) if (place !== undefined) kept.add(place.number);
  return compareLetters(account, { from, kept });
}

/** What a state says; or why it cannot be read. */
export function readAccount({ source, state }: StoredState): SourceAccount | string {
  try {
    return accountOf(source, decodeStateImage(source, state));
  } catch (error) {
    return String(error);
  }
}

async function latestWindows(
  series: string,
  chain: ClosingChain,
  { windows, depth }: LookDeps,
): Promise<{ readonly windows: readonly StoredWindow[]; readonly isComplete: boolean }> {
  const wanted = Math.min(depth, chain.windows + 1);
  const found: StoredWindow[] = [];
  for await (const together of windows.listParts(series, { descending: true, readAhead: wanted })) {
    found.push(...together.map(({ window }) => window));
    if (found.length >= wanted) return { windows: found, isComplete: false };
  }
  return { windows: found, isComplete: true };
}

/** Is there more than the state has made? Then it is read once more: it may have moved on meanwhile. */
async function lookAtLatest(
  account: SourceAccount,
  aggregation: string,
  windows: readonly StoredWindow[],
  { states }: LookDeps,
): Promise<readonly Difference[]> {
  const latest = latestLink(windows);
  const ahead = compareLatest(account, aggregation, latest);
  if (ahead === undefined) return [];
  const [now] = await states.load([account.source]);
  if (now === undefined) return [ahead];
  const anew = readAccount(now);
  if (typeof anew === 'string') return [];
  const still = compareLatest(anew, aggregation, latest);
  return still === undefined ? [] : [still];
}

function unreadable(source: string, detail: string): SourceReport {
  const difference: Difference = { kind: 'unreadable', where: { source }, found: 0, expected: 1, detail };
  return { differences: [difference], suspects: [], windows: 0, letters: 0 };
}
