// An alert's state as its item holds it: versioned bytes.
import { ByteReader } from '../byte-reader.ts';
import { ByteWriter } from '../byte-writer.ts';
import { SEVERITIES } from './alert-rule.ts';
import type { AlertState, Transition } from './alert-state.ts';
import { ALERT_STATUSES } from './alert-state.ts';
import type { Observation } from './judge.ts';
import { readHistory, writeHistory } from './window-history.ts';

/** Raised when the shape of the bytes changes; a reader refuses a version it does not know. */
const ALERT_VERSION = 1;

export function encodeAlertState(state: AlertState): Uint8Array {
  const { compares, status, sequence, since, frontier, waiting, history, transitions } = state;
  WRITER.byte(ALERT_VERSION);
  WRITER.text(compares);
  WRITER.byte(ALERT_STATUSES.indexOf(status));
  WRITER.varint(sequence);
  WRITER.byte(since === undefined ? 0 : 1);
  if (since !== undefined) WRITER.signed(since);
  WRITER.byte(frontier === undefined ? 0 : 1);
  if (frontier !== undefined) {
    WRITER.signed(frontier.start);
    WRITER.varint(frontier.revision);
  }
  WRITER.varint(transitions.length);
  for (const transition of transitions) writeTransition(WRITER, transition);
  WRITER.varint(waiting.length);
  for (const observation of waiting) writeObservation(WRITER, observation);
  writeHistory(WRITER, history);
  return WRITER.finish();
}

/** Written to and emptied within one call. */
const WRITER = new ByteWriter();

/** `alert` names it in errors. @throws Error for what is not of a known version, or cut short */
export function decodeAlertState(alert: string, encoded: Uint8Array): AlertState {
  const reader = new ByteReader(encoded);
  const version = reader.byte();
  if (version !== ALERT_VERSION) {
    throw new Error(`alert ${alert}: found encoding version ${version}, expected ${ALERT_VERSION}`);
  }
  return {
    compares: reader.text(),
    status: oneOf(ALERT_STATUSES, reader.byte()),
    sequence: reader.varint(),
    since: reader.byte() === 0 ? undefined : reader.signed(),
    frontier: reader.byte() === 0 ? undefined : { start: reader.signed(), revision: reader.varint() },
    transitions: Array.from({ length: reader.varint() }, () => readTransition(reader)),
    waiting: Array.from({ length: reader.varint() }, () => readObservation(reader)),
    history: readHistory(reader),
  };
}

function writeTransition(writer: ByteWriter, transition: Transition): void {
  const { sequence, from, to, severity, reason, window } = transition;
  writer.varint(sequence);
  writer.byte(ALERT_STATUSES.indexOf(from));
  writer.byte(ALERT_STATUSES.indexOf(to));
  writer.byte(SEVERITIES.indexOf(severity));
  writer.text(reason);
  writeObservation(writer, window);
}

function readTransition(reader: ByteReader): Transition {
  const sequence = reader.varint();
  const from = oneOf(ALERT_STATUSES, reader.byte());
  const to = oneOf(ALERT_STATUSES, reader.byte());
  const severity = oneOf(SEVERITIES, reader.byte());
  const reason = reader.text();
  return { sequence, from, to, severity, reason, window: readObservation(reader) };
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

function oneOf<T>(known: readonly T[], index: number): T {
  const found = known[index];
  if (found === undefined) throw new Error(`found number ${index}, expected one of ${known.join(', ')}`);
  return found;
}
