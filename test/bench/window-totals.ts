// Adds up what a case's windows hold: those closed once, and of the open ones the latest.
import { roundSum } from '../../src/core/exact-sum.ts';
import type { SourceWindow } from '../../src/core/source-window.ts';
import { mergeGroups } from '../../src/core/window.ts';
import type { Totals } from './totals.ts';
import { mergeTotal } from './totals.ts';

export class WindowTotals {
  readonly #closed: Totals = new Map();
  readonly #open = new Map<string, readonly SourceWindow[]>();

  /** The windows closed by the latest write of a source; call once a write. */
  addClosed(source: string, windows: readonly SourceWindow[]): void {
    for (const window of windows) addWindow(this.#closed, source, window);
  }

  /** The windows of the source that are open now. */
  setOpen(source: string, windows: readonly SourceWindow[]): void {
    this.#open.set(source, windows);
  }

  totals(): Totals {
    const totals: Totals = new Map([...this.#closed].map(([source, total]) => [source, { ...total }]));
    for (const [source, windows] of this.#open)
      for (const window of windows) addWindow(totals, source, window);
    return totals;
  }
}

function addWindow(totals: Totals, source: string, window: SourceWindow): void {
  for (const metric of mergeGroups(window).metrics) {
    const { count, min, max } = metric;
    mergeTotal(totals, source, { count, sum: roundSum(metric), min, max });
  }
}
