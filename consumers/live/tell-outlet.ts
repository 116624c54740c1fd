// What the outlet gets of rollup windows and of alerts: this function sees their changes whether or not anyone is connected.
import { mergeParts } from '../../src/core/rollup.ts';
import { summarizeStored } from '../../src/core/stored-window.ts';
import type { Outlet } from '../../src/host/outlet-of.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { eachOf } from '../../src/platform/each-of.ts';
import type { OutletKind } from '../../src/platform/outlet-choice.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { alertEvent } from '../../src/wire/alert-event.ts';
import { alertMessage, type OutletMessage, windowMessage } from '../../src/wire/outlet/outlet-message.ts';
import type { DecodedRecords, WindowWrites } from './decode-records.ts';

/** Queries under way at once. */
const READS_AT_ONCE = 16;

/** Rejects where tables cannot be reached: then nothing of the batch is told, and it comes again. */
export async function tellOutlet(
  { windows, alerts }: DecodedRecords,
  deps: { readonly outlet?: Outlet | undefined; readonly windows: Windows; readonly clock: Clock },
): Promise<void> {
  const { outlet, clock } = deps;
  if (outlet === undefined) return;
  const { tells } = outlet;
  const messages: OutletMessage[] = [];
  if (tells.has('final') || tells.has('provisional'))
    await eachOf(windows, READS_AT_ONCE, async (writes) => {
      messages.push(...(await messagesOf(writes, deps.windows, tells)));
    });
  if (tells.has('alerts'))
    for (const { rule, series, transition } of alerts)
      messages.push(alertMessage(alertEvent(rule, series, transition)));
  await outlet.messages.put(messages, clock.nowMs());
}

/**
 * As the window is now, all parts. What it was in between is told with the change that it came by: each change is read after it was
 * made, so the last one finds the window as it stays.
 */
async function messagesOf(
  { series, start, end }: WindowWrites,
  windows: Windows,
  tells: ReadonlySet<OutletKind>,
): Promise<OutletMessage[]> {
  const messages: OutletMessage[] = [];
  for await (const stored of windows.listParts(series, { fromMs: start, toMs: start })) {
    const window = mergeParts(stored.map((part) => part.window));
    if (window?.end !== end || !tells.has(window.final ? 'final' : 'provisional')) continue;
    messages.push(windowMessage(summarizeStored(window)));
  }
  return messages;
}
