// Bugs planted in the core by changing its text, each of which the simulation must find. Where a text is no longer there, planting it
// fails: then the bug is to be planted anew in what took its place.

export interface PlantedBug {
  /** From the project's root. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
}

const FOLD = 'src/core/fold.ts';
const APPLY = 'src/core/apply-event.ts';
const CLOSE = 'src/core/close-windows.ts';
const IDENTITY = 'src/core/identity.ts';
const SPEC = 'src/core/window-spec.ts';
const FOLD_PARTS = 'src/core/fold-additions.ts';

export const PLANTED_BUGS: Readonly<Record<string, PlantedBug>> = {
  'what a source that was put back had brought stays in the rollups': {
    file: FOLD_PARTS,
    find: "return isSame && !isTakenBack ? 'note' : 'anew';",
    put: "return 'note';",
  },
  'what comes when a window has expired begins it as if nothing had been in it': {
    file: FOLD_PARTS,
    find: 'if (isExpired && (isBeginning || !isAlone)) this.#lacksDeleted = true;',
    put: '',
  },
  'a session is joined at exactly its end': {
    file: APPLY,
    find: 'window.start - gapMs < time && time < window.end',
    put: 'window.start - gapMs < time && time <= window.end',
  },
  'a session is joined a whole gap before its beginning': {
    file: APPLY,
    find: 'window.start - gapMs < time && time < window.end',
    put: 'window.start - gapMs <= time && time < window.end',
  },
  'a session that is bridged is not taken in': {
    file: APPLY,
    find: 'for (const other of others) mergeWindow(session, other);',
    put: '',
  },
  'a session ends a gap after the event that came last': {
    file: APPLY,
    find: 'session.end = Math.max(session.end, time + gapMs);',
    put: 'session.end = time + gapMs;',
  },
  'a session reaches into one that has closed': {
    file: APPLY,
    find: 'if (time < open.sessionsEnd) return false;',
    put: '',
  },
  'what closed under an earlier pipeline opens again': {
    file: APPLY,
    find: ' && end > open.closedBefore',
    put: '',
  },
  'a window whose time has come takes one event more': {
    file: APPLY,
    find: 'end + open.aggregation.allowedLatenessMs > maxTimeBefore',
    put: 'end + open.aggregation.allowedLatenessMs >= maxTimeBefore',
  },
  'a window holds its end': {
    file: APPLY,
    find: 'recent.start <= time && time < recent.end',
    put: 'recent.start <= time && time <= recent.end',
  },
  'a window closes a millisecond after its time': {
    file: CLOSE,
    find: 'if (window.end + allowedLatenessMs <= state.maxTime) due.push(window);',
    put: 'if (window.end + allowedLatenessMs < state.maxTime) due.push(window);',
  },
  'the horizon is a millisecond short': {
    file: IDENTITY,
    find: 'return state.maxTime - dedupeHorizonMs;',
    put: 'return state.maxTime - dedupeHorizonMs + 1;',
  },
  'the horizon is a millisecond long': {
    file: IDENTITY,
    find: 'return state.maxTime - dedupeHorizonMs;',
    put: 'return state.maxTime - dedupeHorizonMs - 1;',
  },
  'what is repeated behind the horizon counts twice in a window that is open': {
    file: IDENTITY,
    find: 'isOpen: isFoldedOpen(state, maxTimeBefore),',
    put: 'isOpen: () => false,',
  },
  'a clock that leads makes others late': {
    file: FOLD,
    find: 'const shown = time < arrivalMs ? time : arrivalMs;',
    put: 'const shown = time;',
  },
  'a clock may lead by a millisecond less': {
    file: 'src/core/event-time.ts',
    find: 'if (time > arrivalMs + maxClockSkewMs)',
    put: 'if (time >= arrivalMs + maxClockSkewMs)',
  },
  'a closing by silence does not raise the time of its source': {
    file: CLOSE,
    find: 'if (floor > state.maxTime) state.maxTime = floor;',
    put: '',
  },
  'a hopping window is missed that begins a whole size before': {
    file: SPEC,
    find: 'for (let start = latest; start > time - sizeMs &&',
    put: 'for (let start = latest; start > time - sizeMs + everyMs &&',
  },
  'a day has 24 hours': {
    file: 'src/core/calendar.ts',
    find: 'const end = startOfDay(timezone, next);',
    put: 'const end = start + (next - first) * DAY_MS;',
  },
  'a state holds longer than it may': {
    file: 'src/core/count-time.ts',
    find: 'Math.min(until, end, time + holdMs)',
    put: 'Math.min(until, end)',
  },
  'a late sample leaves what its interval had added': {
    file: 'src/core/count-time.ts',
    find: 'if (before !== undefined) changeInterval(open, window, { held, from: before, to: after }, -1);',
    put: '',
  },
  'what holds at the beginning of a window counts from before it': {
    file: 'src/core/count-time.ts',
    find: '- Math.max(time, start));',
    put: '- time);',
  },
  'a sample that says the same is a change': {
    file: 'src/core/count-time.ts',
    find: 'if (held.texts === undefined || from.value === to.value) return;',
    put: 'if (held.texts === undefined) return;',
  },
  'a state that was left and came back counts from when it began first': {
    file: 'src/core/alerts/machine.ts',
    find: 'isExact || began > start ? began : (since ?? began)',
    put: 'since ?? began',
  },
  'a state is taken to have begun with what is kept of it': {
    file: 'src/core/count-time.ts',
    find: 'noteBegan(open, held, carried === undefined ? -1 : first - 1);',
    put: '',
  },
  'a rollup forgets in which states its sources ended': {
    file: 'src/core/state-time.ts',
    find: 'for (const [state, ms] of other.ended ?? []) noteEnded(into, state, ms);',
    put: '',
  },
  'a window of before the offset is that of the epoch': {
    file: SPEC,
    find: 'const start = time - ((time - offsetMs) % sizeMs);',
    put: 'const start = time - (time % sizeMs);',
  },
  'an alert on a source that was retired goes on firing': {
    file: 'src/core/alerts/fold-retirement.ts',
    find: '!canGoStale(stored.status)',
    put: "stored.status !== 'pending'",
  },
  'a source falls silent a millisecond late': {
    file: CLOSE,
    find: 'if (state.lastArrivalMs + aggregation.idleTimeoutMs > silentUntilMs) continue;',
    put: 'if (state.lastArrivalMs + aggregation.idleTimeoutMs >= silentUntilMs) continue;',
  },
  'a record that failed is noted as handled': {
    file: 'consumers/aggregate/aggregate.ts',
    find: 'firstUndone === undefined || compareSequenceNumbers(sequence, firstUndone) < 0;',
    put: 'firstUndone === undefined || compareSequenceNumbers(sequence, firstUndone) <= 0;',
  },
  'what was put back without an id is not known when its record is read': {
    file: FOLD,
    find: 'if (remembered !== event) state.placesUntilMs = Math.max(state.placesUntilMs, arrivalMs);',
    put: '',
  },
  'what is put back moves the position of its source': {
    file: FOLD,
    find: 'if (last >= 0 && batch.redriven === undefined) moveUpTo',
    put: 'if (last >= 0) moveUpTo',
  },
  'an event set aside is folded in whatever of its batch is missing before it': {
    file: 'consumers/aggregate/resume-source.ts',
    find: 'deps.incomplete === true ? found : upToGap(state, found)',
    put: 'found',
  },
};
