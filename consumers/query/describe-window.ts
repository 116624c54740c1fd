import type { StoredWindow } from '../../src/core/stored-window.ts';
import { summarizeStored } from '../../src/core/stored-window.ts';
import type { WindowAnswer } from '../../src/wire/api/window-answer.ts';
import { windowAnswer } from '../../src/wire/api/window-answer.ts';
import { quantilesOf } from './quantiles-of.ts';

/** As readers get them, with the quantiles asked for. */
export async function* describeAll(
  windows: AsyncIterable<StoredWindow>,
  percents: readonly number[] | undefined,
): AsyncIterable<WindowAnswer> {
  for await (const window of windows) {
    const quantiles = percents === undefined ? undefined : quantilesOf(window, percents);
    yield windowAnswer(summarizeStored(window), quantiles);
  }
}
