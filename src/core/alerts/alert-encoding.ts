// An alert's state as its item holds it: versioned bytes.
import { ByteReader } from '../byte-reader.ts';
import { ByteWriter } from '../byte-writer.ts';
import { SEVERITIES } from './alert-rule.ts';
import type { AlertState, KeptWindow, Step, Transition } from './alert-state.ts';
import { ALERT_STATUSES } from './alert-state.ts';
import type { Observation } from './judge.ts';
import { commonUnit, readHistory, writeHistory } from './window-history.ts';

/** Raised when the shape of the bytes changes; a reader refuses a version it does not know. */
const ALERT_VERSION = 2;
/** Set if there were waiting windows and nothing is stored of judged ones. */
const ALERT_VERSION_V1 = 1;

export function encodeAlertState(state: AlertState): Uint8Array {
  const { compares, judgedBy, status, sequence, since, observedMs, base, frontier, history, transitions } =
    state;
  WRITER.clear();
  WRITER.byte(ALERT_VERSION);
  WRITER.text(compares);
  WRITER.text(judgedBy);
  WRITER.byte(ALERT_STATUSES.indexOf(status));
  WRITER.varint(sequence);
  writeOptional(WRITER, since);
  writeOptional(WRITER, observedMs);
  writeFrontier(WRITER, frontier);
  WRITER.varint(transitions.length);
  for (const transition of transitions) writeTransition(WRITER, transition);
  writeHistory(WRITER, history);
  WRITER.byte(ALERT_STATUSES.indexOf(base.status));
  writeOptional(WRITER, base.since);
  writeOptional(WRITER, base.observedMs);
  writeOptional(WRITER, state.staleAtMs);
  writeKept(WRITER, state);
  return WRITER.finish();
}

/** Written to and emptied within one call. */
const WRITER = new ByteWriter();

/** `alert` names it in errors. @throws Error for what is not of a known version, or cut short */
export function decodeAlertState(alert: string, encoded: Uint8Array): AlertState {
  const reader = new ByteReader(encoded);
  const version = reader.byte();
  if (version === ALERT_VERSION_V1) return readV1(reader);
  if (version !== ALERT_VERSION) {
    throw new Error(
      `alert ${alert}: found encoding version ${version}, expected ${ALERT_VERSION_V1} or ${ALERT_VERSION}`,
    );
  }
  return {
    compares: reader.text(),
    judgedBy: reader.text(),
    status: oneOf(ALERT_STATUSES, reader.byte()),
    sequence: reader.varint(),
    since: readOptional(reader),
    observedMs: readOptional(reader),
    frontier: readFrontier(reader),
    transitions: Array.from({ length: reader.varint() }, () => readTransition(reader)),
    history: readHistory(reader),
    base: {
      status: oneOf(ALERT_STATUSES, reader.byte()),
      since: readOptional(reader),
      observedMs: readOptional(reader),
    },
    staleAtMs: readOptional(reader),
    ...readKept(reader),
  };
}

/** The waiting windows stay waiting: the next window brings the transitions that are still owed for this one. */
function readV1(reader: ByteReader): AlertState {
  const compares = reader.text();
  const status = oneOf(ALERT_STATUSES, reader.byte());
  const sequence = reader.varint();
  const since = readOptional(reader);
  const frontier = readFrontier(reader);
  const transitions = Array.from({ length: reader.varint() }, () => readTransitionV1(reader));
  const windows = Array.from({ length: reader.varint() }, () => readObservation(reader));
  return {
    compares,
    judgedBy: '',
    status,
    sequence,
    since,
    observedMs: undefined,
    frontier,
    transitions,
    history: readHistory(reader),
    base: { status, since, observedMs: undefined },
    staleAtMs: undefined,
    windows,
    settledMs: windows.length === 0 ? undefined : (frontier?.start ?? 0),
    told: [],
    owes: undefined,
  };
}

function writeTransition(writer: ByteWriter, transition: Transition): void {
  const { sequence, from, to, severity, reason, window, correction, stale } = transition;
  writer.varint(sequence);
  writer.byte((correction === true ? 1 : 0) + (stale === true ? 2 : 0));
  writer.byte(ALERT_STATUSES.indexOf(from));
  writer.byte(ALERT_STATUSES.indexOf(to));
  writer.byte(SEVERITIES.indexOf(severity));
  writer.text(reason);
  writeObservation(writer, window);
}

function readTransition(reader: ByteReader): Transition {
  const sequence = reader.varint();
  const marks = reader.byte();
  return {
    sequence,
    ...readContent(reader),
    ...(marks % 2 === 1 ? { correction: true } : {}),
    ...(marks >= 2 ? { stale: true } : {}),
  };
}

function readTransitionV1(reader: ByteReader): Transition {
  return { sequence: reader.varint(), ...readContent(reader) };
}

function readContent(reader: ByteReader): Omit<Transition, 'sequence'> {
  const from = oneOf(ALERT_STATUSES, reader.byte());
  const to = oneOf(ALERT_STATUSES, reader.byte());
  const severity = oneOf(SEVERITIES, reader.byte());
  const reason = reader.text();
  return { from, to, severity, reason, window: readObservation(reader) };
}

function writeObservation(writer: ByteWriter, { start, end, revision, value }: Observation): void {
  writer.signed(start);
  writer.varint(end - start);
  writer.varint(revision);
  writer.number(value);
}

function readObservation(reader: ByteReader): Observation {
  const start = reader.signed();
  const end = start + reader.varint();
  return { start, end, revision: reader.varint(), value: reader.number() };
}

type Kept = Pick<AlertState, 'windows' | 'settledMs' | 'told' | 'owes'>;

/** Windows usually follow each other in steps of one unit, have one length, and cause no transition. */
function writeKept(writer: ByteWriter, { windows, settledMs, told, owes }: Kept): void {
  writeOptional(writer, settledMs);
  writeOptional(writer, owes?.reachedMs);
  const first = windows[0]?.start ?? 0;
  const unit = windows.reduce(
    (common, { start, end }) => commonUnit(commonUnit(common, start - first), end - start),
    0,
  );
  writer.signed(first);
  writer.varint(unit);
  writer.varint(windows.length);
  let before = first;
  for (const { start, end, revision, value, open } of windows) {
    writer.varint((start - before) / Math.max(unit, 1));
    writer.varint(((end - start) / Math.max(unit, 1)) * 2 + (open === true ? 1 : 0));
    writer.varint(revision);
    writer.number(value);
    before = start;
  }
  writer.varint(told.length);
  for (const { start, end, from, to, stale } of told) {
    writer.signed(start);
    writer.varint((end - start) * 2 + (stale === true ? 1 : 0));
    writer.byte(ALERT_STATUSES.indexOf(from) * ALERT_STATUSES.length + ALERT_STATUSES.indexOf(to));
  }
  writeGone(writer, windows);
}

/** At the end, and only where there are some, which is rare: states without them are as they were before there were any. */
function writeGone(writer: ByteWriter, windows: readonly KeptWindow[]): void {
  const gone = windows.flatMap((window, at) => (window.gone === true ? [at] : []));
  if (gone.length === 0) return;
  writer.varint(gone.length);
  for (const at of gone) writer.varint(at);
}

function readGone(reader: ByteReader): ReadonlySet<number> {
  if (reader.done) return new Set();
  return new Set(Array.from({ length: reader.varint() }, () => reader.varint()));
}

function readKept(reader: ByteReader): Kept {
  const settledMs = readOptional(reader);
  const reachedMs = readOptional(reader);
  let start = reader.signed();
  const unit = Math.max(reader.varint(), 1);
  const windows = Array.from({ length: reader.varint() }, (): KeptWindow => {
    start += reader.varint() * unit;
    const length = reader.varint();
    const end = start + Math.floor(length / 2) * unit;
    const window = { start, end, revision: reader.varint(), value: reader.number() };
    return length % 2 === 1 ? { ...window, open: true } : window;
  });
  const told = Array.from({ length: reader.varint() }, () => readStep(reader));
  const gone = readGone(reader);
  const kept = gone.size === 0 ? windows : windows.map((each, at) => (gone.has(at) ? asGone(each) : each));
  return { windows: kept, settledMs, told, owes: reachedMs === undefined ? undefined : { reachedMs } };
}

function asGone(window: KeptWindow): KeptWindow {
  return { ...window, gone: true };
}

function readStep(reader: ByteReader): Step {
  const start = reader.signed();
  const length = reader.varint();
  const code = reader.byte();
  const step = {
    start,
    end: start + Math.floor(length / 2),
    from: oneOf(ALERT_STATUSES, Math.floor(code / ALERT_STATUSES.length)),
    to: oneOf(ALERT_STATUSES, code % ALERT_STATUSES.length),
  };
  return length % 2 === 1 ? { ...step, stale: true } : step;
}

function writeFrontier(writer: ByteWriter, frontier: AlertState['frontier']): void {
  writeOptional(writer, frontier?.start);
  if (frontier !== undefined) writer.varint(frontier.revision);
}

function readFrontier(reader: ByteReader): AlertState['frontier'] {
  const start = readOptional(reader);
  return start === undefined ? undefined : { start, revision: reader.varint() };
}

function writeOptional(writer: ByteWriter, value: number | undefined): void {
  writer.byte(value === undefined ? 0 : 1);
  if (value !== undefined) writer.signed(value);
}

function readOptional(reader: ByteReader): number | undefined {
  return reader.byte() === 0 ? undefined : reader.signed();
}

function oneOf<T>(known: readonly T[], index: number): T {
  const found = known[index];
  if (found === undefined) throw new Error(`found number ${index}, expected one of ${known.join(', ')}`);
  return found;
}
