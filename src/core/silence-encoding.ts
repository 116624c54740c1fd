// The silences that a source's state keeps, as bytes: nothing at all where there are none, so that states of before have none.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { Silence } from './source-state.ts';

export function writeSilences(writer: ByteWriter, silences: readonly Silence[]): void {
  if (silences.length === 0) return;
  writer.varint(silences.length);
  let before = 0;
  for (const { fromMs, knownUntilMs, toMs } of silences) {
    writer.signed(fromMs - before);
    writer.signed(knownUntilMs - fromMs);
    writer.signed(toMs - knownUntilMs);
    before = toMs;
  }
}

/** They stand last. */
export function readSilences(reader: ByteReader): Silence[] {
  if (reader.done) return [];
  let before = 0;
  return Array.from({ length: reader.varint() }, () => {
    const fromMs = before + reader.signed();
    const knownUntilMs = fromMs + reader.signed();
    before = knownUntilMs + reader.signed();
    return { fromMs, knownUntilMs, toMs: before };
  });
}
