// Waits until `rollup` has handled all changes of sources up to the states at hand.
import { fenceMark } from '../stores/fence-mark.ts';
import type { DownstreamDeps } from './downstream.ts';

/** Between two looks. */
const PAUSE_MS = 1_000;

export class Fences {
  readonly #deps: Pick<DownstreamDeps, 'states' | 'windows' | 'nowMs' | 'sleep' | 'waitMs'>;
  /** By source, the version up to which all its changes have been handled. */
  readonly #passed = new Map<string, number>();

  constructor(deps: Pick<DownstreamDeps, 'states' | 'windows' | 'nowMs' | 'sleep' | 'waitMs'>) {
    this.#deps = deps;
  }

  /** Nothing of what was done to the source up to this version is on its way. */
  hasPassed(source: string, version: number): boolean {
    return this.#passed.get(source) === version;
  }

  /** @returns false: not within the time there is */
  async pass(sources: readonly string[]): Promise<boolean> {
    const { states, windows, nowMs, sleep, waitMs } = this.#deps;
    const fenced = new Map<string, { readonly version: number; readonly mark: string }>();
    for (const stored of await states.load(sources)) {
      const mark = fenceMark(stored, nowMs());
      if (await states.fence(stored, mark)) fenced.set(stored.source, { version: stored.version, mark });
    }
    const untilMs = nowMs() + waitMs;
    for (let left = [...fenced.keys()]; left.length > 0; ) {
      const passed = await windows.passed(left);
      left = left.filter((source, at) => {
        const fence = fenced.get(source);
        if (fence === undefined || passed[at] !== fence.mark) return true;
        this.#passed.set(source, fence.version);
        return false;
      });
      if (left.length === 0) return true;
      if (nowMs() >= untilMs) return false;
      await sleep(PAUSE_MS);
    }
    return true;
  }
}
