// What a part of a rollup window has room for. A part is one table item of at most 400 KB. As it fills, it first takes no further
// sources (they go to its branches), then no further value names, and finally only counts events. Known names continue.
import { copyTimes, type GroupTimes } from './group-times.ts';
import type { GroupContents, WindowGroup } from './source-window.ts';
import { addStateMs, emptyStateTime, noteEnded, OTHER_STATE, type StateTime } from './state-time.ts';
import { copyGroup, mergeGroup } from './window.ts';
import { windowBytes } from './window-bytes.ts';

/** By `windowBytes`: a larger part takes no further sources. */
export const PART_FULL_BYTES = 100_000;
/** No further value names: three sources of a full part may have as many as sources can (180 KB each). */
export const PART_NAMES_BYTES = 240_000;
/** Nothing that makes it larger: marks, keys and the tags of its series need some 20 KB more. */
export const PART_MOST_BYTES = 340_000;

export class PartRoom {
  readonly sum: WindowGroup;
  /** An upper bound of what the sum takes. */
  #bytes: number;

  constructor(base: GroupContents) {
    this.sum = copyGroup(base);
    this.#bytes = this.#measure();
  }

  get isFull(): boolean {
    if (this.#bytes >= PART_FULL_BYTES) this.#bytes = this.#measure();
    return this.#bytes >= PART_FULL_BYTES;
  }

  /** Adds what there is room for, and always the events. @returns the names of the values that were left out */
  add(group: GroupContents): readonly string[] {
    if (this.#fits(group, PART_NAMES_BYTES)) {
      this.#merge(group);
      return [];
    }
    const names = new Set(this.sum.metrics.map(({ name }) => name));
    const known = {
      ...withoutTimes(group),
      metrics: group.metrics.filter(({ name }) => names.has(name)),
      ...this.#knownTimes(group),
    };
    const refused = [
      ...group.metrics.filter(({ name }) => !names.has(name)).map(({ name }) => name),
      ...(group.states ?? []).map(({ name }) => name).filter((name) => !this.#knowsState(name)),
    ];
    if (this.#fits(known, PART_MOST_BYTES) || this.#fitsMerged(known)) {
      this.#merge(known);
      return refused;
    }
    this.#merge({ ...withoutTimes(group), metrics: [] });
    return [...group.metrics, ...(group.states ?? [])].map(({ name }) => name);
  }

  #knowsState(name: string): boolean {
    return this.sum.states?.some((time) => time.name === name) === true;
  }

  /** Times of the names it has; states that it does not distinguish yet count as those it never distinguishes. */
  #knownTimes({ states = [], weights = [] }: GroupContents): GroupTimes {
    const own = states.flatMap((time) => {
      const known = this.sum.states?.find(({ name }) => name === time.name);
      return known === undefined ? [] : [toldAmong(time, known.ms)];
    });
    return {
      states: own,
      weights: weights.filter(({ name }) => this.sum.weights?.some((known) => known.name === name) === true),
    };
  }

  #fits(group: GroupContents, most: number): boolean {
    const more = windowBytes({ groups: [withoutTags(group)] });
    if (this.#bytes + more <= most) return true;
    this.#bytes = this.#measure();
    return this.#bytes + more <= most;
  }

  #fitsMerged(group: GroupContents): boolean {
    const merged = copyGroup(this.sum);
    mergeGroup(merged, group);
    return windowBytes({ groups: [merged] }) <= PART_MOST_BYTES;
  }

  #merge(group: GroupContents): void {
    this.#bytes += windowBytes({ groups: [withoutTags(group)] });
    mergeGroup(this.sum, group);
  }

  #measure(): number {
    return windowBytes({ groups: [this.sum] });
  }
}

function withoutTags(group: GroupContents): WindowGroup {
  return { ...withoutTimes(group), tags: [], metrics: [...group.metrics], ...copyTimes(group) };
}

function withoutTimes({
  events,
  moved,
  metrics,
  fields,
}: GroupContents): Omit<GroupContents, keyof GroupTimes> {
  return { events, moved, metrics, fields };
}

function toldAmong(time: StateTime, known: ReadonlyMap<string, number>): StateTime {
  const told = { ...emptyStateTime(time.name), changes: time.changes, last: time.last };
  const toldAs = (state: string) => (known.has(state) ? state : OTHER_STATE);
  for (const [state, ms] of time.ms) addStateMs(told, toldAs(state), ms);
  for (const [state, ms] of time.ended ?? []) noteEnded(told, toldAs(state), ms);
  return told;
}
