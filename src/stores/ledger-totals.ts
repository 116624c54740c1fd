// The books over all sources for readers who ask often: added up piece by piece, at most so many pieces a call, and kept.
// Each source's item balances by itself, and so does any sum over items, whenever each was read: a total taken over a
// minute of writing is of no single moment, and balances all the same.
import { READERS_TABLE } from '../platform/names.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { LetterKey } from './letter-key.ts';
import { readBooks } from './read-ledger.ts';
import type { SourceStates } from './source-states.ts';
import type { Item, Table } from './table.ts';
import { numberOf, text, textOf } from './table.ts';

export interface LedgerTotals {
  readonly received: number;
  readonly applied: number;
  readonly duplicate: number;
  readonly late: number;
  readonly quarantined: number;
  readonly sources: number;
  readonly lateLetters: number;
  /** Events with values that were set aside: beside the books. */
  readonly setAside: number;
  /** Events that wait for sources which are held: in no other count. */
  readonly held: number;
  /** Sources whose own books cannot be read: counted as sources, and in no other count. */
  readonly unreadableSources: number;
  /** No figure is older. */
  readonly fromMs: number;
  /** None is newer. */
  readonly toMs: number;
}

export interface LedgerTotalsDeps {
  readonly table: Table;
  readonly states: SourceStates;
  readonly deadLetters: DeadLetters;
  readonly nowMs: () => number;
  /** Totals older than this are added up again, ms; default: LEDGER_AGE_MS. */
  readonly maxAgeMs?: number;
}

/** Totals older than this are added up again by the next request. */
export const LEDGER_AGE_MS = 60_000;
/** Pages of at most 1 MB a call reads: well under a second, and the most an answer costs. */
const PAGES_A_CALL = 8;
const ITEMS_A_PAGE = 1_000;
/** While one call reads on, the others answer with what there is; a call that died holds them up no longer than this. */
const LEASE_MS = 15_000;

/** undefined: the first adding up is not done; the next call goes on with it. Bounded in time and cost. */
export async function readLedgerTotals(deps: LedgerTotalsDeps): Promise<LedgerTotals | undefined> {
  const stored = await load(deps.table);
  const nowMs = deps.nowMs();
  const fresh = stored.totals !== undefined && nowMs - stored.totals.toMs < (deps.maxAgeMs ?? LEDGER_AGE_MS);
  if (fresh || stored.leaseMs > nowMs) return stored.totals;
  const walk = stored.walk ?? beginWalk(nowMs);
  const leased = await store(deps.table, { ...stored, walk, leaseMs: nowMs + LEASE_MS });
  if (leased === undefined) return stored.totals;
  const walked = await goOn(walk, deps);
  if (walked.done) {
    const { done: _, after: __, ...sums } = walked;
    const totals = { ...sums, toMs: deps.nowMs() };
    await store(deps.table, { version: leased, totals, walk: undefined, leaseMs: 0 });
    return totals;
  }
  await store(deps.table, { version: leased, totals: stored.totals, walk: walked, leaseMs: 0 });
  return stored.totals;
}

/** What has been added up so far, and where it goes on: first the sources, then the dead letters. */
interface Walk extends Omit<LedgerTotals, 'toMs'> {
  readonly after: { readonly source?: string; readonly letter?: LetterKey | null };
  readonly done: boolean;
}

interface Stored {
  /** The item's version; undefined: there is no item. */
  readonly version: number | undefined;
  readonly totals: LedgerTotals | undefined;
  readonly walk: Walk | undefined;
  readonly leaseMs: number;
}

function beginWalk(fromMs: number): Walk {
  const counts = { received: 0, applied: 0, duplicate: 0, late: 0, quarantined: 0 };
  return {
    ...counts,
    sources: 0,
    lateLetters: 0,
    setAside: 0,
    held: 0,
    unreadableSources: 0,
    fromMs,
    after: {},
    done: false,
  };
}

async function goOn(begun: Walk, deps: LedgerTotalsDeps): Promise<Walk> {
  let walk = begun;
  for (let page = 0; page < PAGES_A_CALL && !walk.done; page += 1) {
    walk = walk.after.letter === undefined ? await addSources(walk, deps) : await addLetters(walk, deps);
  }
  return walk;
}

async function addSources(walk: Walk, { states }: LedgerTotalsDeps): Promise<Walk> {
  const page = await states.page({ limit: ITEMS_A_PAGE, after: walk.after.source, consistent: false });
  const sum = { ...walk };
  for (const { source, state } of page.states) {
    sum.sources += 1;
    const books = readBooks(source, state);
    if (books === undefined) {
      sum.unreadableSources += 1;
      continue;
    }
    const { received, applied, duplicate, late, quarantined } = books.counts;
    sum.received += received;
    sum.applied += applied;
    sum.duplicate += duplicate;
    sum.late += late;
    sum.quarantined += quarantined;
  }
  return { ...sum, after: page.next === undefined ? { letter: null } : { source: page.next } };
}

/** A quarantined event reached no source: it was received there, and is counted here. */
async function addLetters(walk: Walk, { deadLetters }: LedgerTotalsDeps): Promise<Walk> {
  const { counts, next } = await deadLetters.countPage({
    limit: ITEMS_A_PAGE,
    after: walk.after.letter ?? undefined,
  });
  return {
    ...walk,
    received: walk.received + counts.quarantined,
    quarantined: walk.quarantined + counts.quarantined,
    lateLetters: walk.lateLetters + counts.late,
    setAside: walk.setAside + counts.setAside,
    held: walk.held + counts.held,
    after: { letter: next ?? null },
    done: next === undefined,
  };
}

const KEY: Item = {
  [READERS_TABLE.partitionKey]: text('ledger'),
  [READERS_TABLE.sortKey]: text('totals'),
};

async function load(table: Table): Promise<Stored> {
  const [item] = await table.getMany([KEY]);
  const body = item === undefined ? undefined : textOf(item, 'body');
  if (item === undefined || body === undefined) {
    return { version: undefined, totals: undefined, walk: undefined, leaseMs: 0 };
  }
  const version = numberOf(item, 'version');
  const kept: Omit<Stored, 'version'> = JSON.parse(body);
  // Sums from a time when not all of these were counted are started again.
  const isWhole = [kept.totals, kept.walk].every((sums) => sums === undefined || 'held' in sums);
  return isWhole ? { ...kept, version } : { version, totals: undefined, walk: undefined, leaseMs: 0 };
}

/** The new version; undefined where another call was quicker. */
async function store(table: Table, { version, ...body }: Stored): Promise<number | undefined> {
  const next = (version ?? 0) + 1;
  const write = {
    key: KEY,
    expectedVersion: version,
    version: next,
    attributes: { body: text(JSON.stringify(body)) },
  };
  const [outcome] = await table.commit([write]);
  return outcome?.kind === 'committed' ? next : undefined;
}
