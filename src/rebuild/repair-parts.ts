// Compares parts of rollup windows with what their sources hold, and writes those anew that are not right.
import { partExpiresAtMs } from '../../consumers/rollup/commit-parts.ts';
import { Retentions } from '../../consumers/rollup/retentions.ts';
import { asClosed } from '../core/as-closed.ts';
import type { Pipeline } from '../core/pipeline/pipeline.ts';
import { type Holding, remakePart } from '../core/remake-part.ts';
import { contributionsHeld } from '../core/rollup.ts';
import { parseRollupSeries } from '../core/series.ts';
import type { ClosedWindow } from '../core/source-window.ts';
import type { StoredWindow } from '../core/stored-window.ts';
import { isGone } from '../core/stored-window.ts';
import type { PartKey, StoredPart } from '../stores/windows.ts';
import { type DownstreamDeps, type DownstreamReport, noteFailure } from './downstream.ts';
import type { Fences } from './fences.ts';
import type { HeldBySources, SourceNow, StateNow } from './held-by-sources.ts';

/** Sources in parts of a rollup window, by its series and end. */
export type MarksBySeries = ReadonlyMap<string, ReadonlySet<string>>;

export function seriesAndEnd({ series, end }: Pick<StoredWindow, 'series' | 'end'>): string {
  return `${end} ${series}`;
}

/** Parts that are read and written at a time. */
const PARTS_AT_ONCE = 25;
/** How often a part is tried that others write meanwhile. */
const MOST_TRIES = 20;

/** What became of a part: to be tried again, or once the changes of these sources have been handled, or once all names are known. */
type Outcome =
  | { readonly kind: 'done' | 'refused' }
  | { readonly kind: 'suspects'; readonly sources: readonly string[] }
  | { readonly kind: 'unnamed'; readonly marks: readonly string[] };

interface Part {
  readonly key: PartKey;
  /** Marks of sources that are known to be there no more. */
  readonly vanished: ReadonlySet<string>;
}

export class RepairParts {
  readonly #deps: DownstreamDeps;
  readonly #held: HeldBySources;
  readonly #report: DownstreamReport;
  readonly #retentions: Retentions;
  readonly #fences: Fences;
  readonly #unnamed: Part[] = [];

  constructor(
    deps: DownstreamDeps,
    {
      held,
      fences,
      report,
    }: { readonly held: HeldBySources; readonly fences: Fences; readonly report: DownstreamReport },
  ) {
    this.#deps = deps;
    this.#held = held;
    this.#report = report;
    this.#retentions = new Retentions(deps.pipeline);
    this.#fences = fences;
  }

  /** @returns whose they are, as they are stored then */
  async repair(keys: readonly PartKey[]): Promise<MarksBySeries> {
    const marks = new Map<string, Set<string>>();
    this.#report.parts += keys.length;
    const parts = keys.map((key): Part => ({ key, vanished: new Set() }));
    for (let at = 0; at < parts.length; at += PARTS_AT_ONCE)
      await this.#repairAll(parts.slice(at, at + PARTS_AT_ONCE), marks);
    return marks;
  }

  /** Those of which some source was not known: it may have begun since all were looked at, or is there no more. */
  async withAllNames(): Promise<void> {
    if (this.#unnamed.length === 0) return;
    await this.#held.look(async () => {});
    await this.#repairAll(this.#unnamed, new Map());
  }

  async #repairAll(parts: readonly Part[], marks: Map<string, Set<string>>): Promise<void> {
    let pending = parts;
    for (let tries = 0; pending.length > 0 && tries < MOST_TRIES; tries += 1) {
      const outcomes = await this.#try(pending, marks);
      const suspects = outcomes.flatMap((each) => (each.kind === 'suspects' ? each.sources : []));
      const passed = suspects.length === 0 || (await this.#fences.pass([...new Set(suspects)]));
      pending = pending.filter((part, at) => {
        const outcome = outcomes[at];
        if (outcome?.kind === 'unnamed') this.#unnamed.push({ ...part, vanished: new Set(outcome.marks) });
        return outcome?.kind === 'refused' || (outcome?.kind === 'suspects' && passed);
      });
      if (passed) continue;
      this.#report.waiting += outcomes.filter(({ kind }) => kind === 'suspects').length;
    }
    if (pending.length > 0)
      noteFailure(this.#report, `${pending.length} parts were written by others again and again`);
  }

  /** One outcome a part. */
  async #try(parts: readonly Part[], marks: Map<string, Set<string>>): Promise<readonly Outcome[]> {
    const { windows, nowMs } = this.#deps;
    const loaded = await windows.loadParts(parts.map(({ key }) => key));
    for (const { key, reason } of loaded.unreadable) noteFailure(this.#report, `${key.series}: ${reason}`);
    const bases = new Map(loaded.parts.map((base) => [textOf(base.window), base]));
    // After the parts: what a source holds then is at least as new as what they were told.
    const states = await this.#held.load(
      loaded.parts.flatMap(({ window }) =>
        this.#askedFor(window).flatMap((mark) => this.#held.nameOf(mark) ?? []),
      ),
    );
    const outcomes: Outcome[] = [];
    const writing: { readonly at: number; readonly base: StoredPart; readonly window: StoredWindow }[] = [];
    for (const [at, { key, vanished }] of parts.entries()) {
      const base = bases.get(textOf(key));
      outcomes.push({ kind: 'done' });
      if (base === undefined) continue;
      const known = marks.get(seriesAndEnd(base.window)) ?? new Set();
      marks.set(seriesAndEnd(base.window), known);
      for (const mark of base.window.marks.keys()) known.add(mark);
      const found = await this.#holdingsOf(base.window, states, vanished);
      if ('kind' in found) {
        outcomes[at] = found;
        continue;
      }
      const window = remakePart(base.window, found.holdings, Math.floor(nowMs()));
      if (window !== base.window) writing.push({ at, base, window });
    }
    await this.#write(writing, outcomes);
    return outcomes;
  }

  async #write(
    writing: readonly { readonly at: number; readonly base: StoredPart; readonly window: StoredWindow }[],
    into: Outcome[],
  ): Promise<void> {
    if (writing.length === 0) return;
    const lastArrivalMs = this.#deps.nowMs();
    const outcomes = await this.#deps.windows.commitParts(
      writing.map(({ base, window }) => {
        const retentionMs = this.#retentions.of(window.series);
        return {
          window,
          expectedVersion: base.version,
          expiresAtMs: partExpiresAtMs(window, { retentionMs, lastArrivalMs }),
        };
      }),
    );
    for (const [index, { at, base, window }] of writing.entries()) {
      const outcome = outcomes[index];
      if (outcome?.kind === 'committed') {
        this.#report.remade += 1;
        if (window.partial !== base.window.partial) this.#report.partial += 1;
      } else if (outcome?.kind === 'failed') noteFailure(this.#report, `${window.series}: ${outcome.reason}`);
      else into[at] = { kind: 'refused' };
    }
  }

  /** Marks of sources whose state has to be known: those that have closed theirs for good are stored. */
  #askedFor({ marks, start }: StoredWindow): readonly string[] {
    const open = this.#held.openAt.get(start);
    return [...marks].flatMap(([mark, { open: isOpen }]) => {
      const name = this.#held.nameOf(mark);
      return isOpen || (name !== undefined && open?.has(name) === true) ? [mark] : [];
    });
  }

  async #holdingsOf(
    part: StoredWindow,
    states: ReadonlyMap<string, StateNow>,
    vanished: ReadonlySet<string>,
  ): Promise<Outcome | { readonly holdings: ReadonlyMap<string, Holding> }> {
    const looking = new PartSources(part, this.#deps.pipeline);
    const names = new Map([...part.marks.keys()].map((mark) => [mark, this.#held.nameOf(mark)]));
    const unnamed = [...part.marks].filter(
      ([mark, { open }]) => open && names.get(mark) === undefined && !vanished.has(mark),
    );
    if (unnamed.length > 0) return { kind: 'unnamed', marks: unnamed.map(([mark]) => mark) };
    const named = [...names.values()].filter((name) => name !== undefined);
    const closed = new Map(
      (looking.aggregation === undefined
        ? []
        : await this.#deps.windows.closedBy({ ...part, aggregation: looking.aggregation }, named)
      ).map(({ source, window }) => [source, window]),
    );
    const suspects: string[] = [];
    const holdings = new Map<string, Holding>();
    for (const [mark, { open }] of part.marks) {
      const name = names.get(mark);
      const state = name === undefined ? undefined : states.get(name);
      if (state === 'unreadable') {
        noteFailure(this.#report, `${part.series}: the state of ${name} cannot be read`);
        return { kind: 'done' };
      }
      const stored = name === undefined ? undefined : closed.get(name);
      const own = name === undefined ? undefined : looking.holdingOf(name, { state, stored });
      if (own !== undefined) holdings.set(mark, own);
      else if (!open) holdings.set(mark, isGone(part.marks.get(mark) ?? GONE) ? NONE : { kind: 'kept' });
      else if (name === undefined || state === undefined) holdings.set(mark, NONE);
      else if (!this.#fences.hasPassed(name, state.version)) suspects.push(name);
      else holdings.set(mark, looking.afterAll(state));
    }
    return suspects.length > 0 ? { kind: 'suspects', sources: suspects } : { holdings };
  }
}

const NONE: Holding = { kind: 'none' };
const GONE = { version: 0, open: false, digest: 0 };

/** What sources hold of the window that a part is of. */
class PartSources {
  readonly aggregation: string | undefined;
  readonly #part: StoredWindow;
  readonly #pipeline: Pipeline;

  constructor(part: StoredWindow, pipeline: Pipeline) {
    this.#part = part;
    this.#pipeline = pipeline;
    const name = parseRollupSeries(part.series)?.rollup;
    this.aggregation = pipeline.rollups.find((rollup) => rollup.name === name)?.of;
  }

  /** undefined: it has none that is open or stored. */
  holdingOf(
    source: string,
    { state, stored }: { readonly state: SourceNow | undefined; readonly stored: StoredWindow | undefined },
  ): Holding | undefined {
    const open = state?.windows.open.filter((window) => this.#isOf(window)) ?? [];
    if (open.length > 0) return this.#held(source, { open, closed: [] }, state?.version);
    return stored === undefined
      ? undefined
      : this.#held(source, { open: [], closed: [asClosed(stored)] }, undefined);
  }

  /** Where all changes of the source have been handled, and neither is it open nor stored. */
  afterAll({ windows }: SourceNow): Holding {
    const aggregation = this.#pipeline.aggregations.find(({ name }) => name === this.aggregation);
    const closesAt = this.#part.end + (aggregation?.allowedLatenessMs ?? 0);
    // It has not come so far that it could have closed one: the window is of a past that is no more.
    return windows.maxTime < closesAt ? NONE : { kind: 'lost' };
  }

  #isOf({ aggregation, start, end }: ClosedWindow): boolean {
    return aggregation === this.aggregation && start === this.#part.start && end === this.#part.end;
  }

  #held(
    source: string,
    held: { readonly open: readonly ClosedWindow[]; readonly closed: readonly ClosedWindow[] },
    version: number | undefined,
  ): Holding {
    const contribution = contributionsHeld(source, held, this.#pipeline).find(
      ({ series, start, end }) =>
        series === this.#part.series && start === this.#part.start && end === this.#part.end,
    );
    if (contribution !== undefined) return { kind: 'held', contribution, version };
    // Stored by a release that did not keep apart the tags of its events, it says nothing of the series.
    const values = parseRollupSeries(this.#part.series)?.values ?? [];
    const isApart = [...held.open, ...held.closed].every(({ groupBy }) => groupBy.length >= values.length);
    return isApart ? NONE : { kind: 'kept' };
  }
}

function textOf({
  series,
  start,
  end,
  part = 0,
}: Pick<StoredWindow, 'series' | 'start' | 'end' | 'part'>): string {
  return `${start} ${end} ${part} ${series}`;
}
