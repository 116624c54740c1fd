// Windows as bytes: times as differences, each metric name once a text, numbers as short as they are.
import type { EpochMs } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { CounterSampleV2 } from './counter-increase-v2.ts';
import { readFields, writeFields } from './field-counts.ts';
import { readMetric, writeMetric } from './metric-encoding.ts';
import type { GroupContents, SourceWindow } from './source-window.ts';
import { windowBytes } from './window-bytes.ts';

/** Gives each name of a text one number; the names are written where the text ends. */
export class NameTable {
  readonly names: string[] = [];
  readonly #indexes = new Map<string, number>();

  index(name: string): number {
    const known = this.#indexes.get(name);
    if (known !== undefined) return known;
    this.#indexes.set(name, this.names.length);
    return this.names.push(name) - 1;
  }
}

/** The name that `NameTable.index` gave this number. */
export function nameAt(names: readonly string[], index: number): string {
  const name = names[index];
  if (name === undefined) throw new Error(`name ${index} is not among the ${names.length} names`);
  return name;
}

export function writeTexts(writer: ByteWriter, texts: readonly string[]): void {
  writer.varint(texts.length);
  for (const text of texts) writer.text(text);
}

export function readTexts(reader: ByteReader): string[] {
  return Array.from({ length: reader.varint() }, () => reader.text());
}

/** What a reader has to know of bytes beside their own. */
export interface WindowForm {
  readonly names: readonly string[];
  /** Version of the state or stored window that the bytes belong to. */
  readonly version: number;
  /** Called with the latest sample of each counter, in version 2 only. */
  readonly onCounter?: (name: string, sample: CounterSampleV2) => void;
}

/** `from`: a time near the window's start that the reader knows too. */
export function writeWindow(writer: ByteWriter, window: SourceWindow, names: NameTable, from: EpochMs): void {
  writer.signed(window.start - from);
  writer.varint(window.end - window.start);
  writer.varint(window.groups.length);
  for (const group of window.groups) {
    writeTags(writer, group.tags);
    writeGroup(writer, group, names);
  }
}

export function readWindow(reader: ByteReader, form: WindowForm, from: EpochMs): SourceWindow {
  const start = from + reader.signed();
  const end = start + reader.varint();
  const groups = Array.from({ length: reader.varint() }, () => {
    const tags = readTags(reader);
    const { events, moved, metrics, fields } = readGroup(reader, form);
    return { tags, events, moved, metrics: [...metrics], fields };
  });
  return { start, end, groups, bytes: windowBytes({ groups }) };
}

export function writeGroup(writer: ByteWriter, group: GroupContents, names: NameTable): void {
  writer.varint(group.events * 2 + (group.moved === 0 ? 0 : 1));
  if (group.moved !== 0) writer.varint(group.moved);
  writer.varint(group.metrics.length * 2 + (group.fields === undefined ? 0 : 1));
  for (const metric of group.metrics) {
    writer.varint(names.index(metric.name));
    writeMetric(writer, metric);
  }
  if (group.fields !== undefined) writeFields(writer, group.fields);
}

export function readGroup(reader: ByteReader, { names, version, onCounter }: WindowForm): GroupContents {
  const count = reader.varint();
  const events = version === VERSION_V2 ? count : Math.floor(count / 2);
  const moved = version !== VERSION_V2 && count % 2 === 1 ? reader.varint() : 0;
  const code = reader.varint();
  const metrics = Array.from({ length: code >> 1 }, () => {
    const name = nameAt(names, reader.varint());
    return readMetric(reader, name, onCounter);
  });
  return { events, moved, metrics, fields: code % 2 === 0 ? undefined : readFields(reader) };
}

/** Version 2 of states and of stored windows, which has no moved steps. */
const VERSION_V2 = 2;

/** 0: the event does not have the tag. */
export function writeTags(writer: ByteWriter, tags: readonly (string | null)[]): void {
  writer.varint(tags.length);
  for (const tag of tags) {
    writer.byte(tag === null ? 0 : 1);
    if (tag !== null) writer.text(tag);
  }
}

export function readTags(reader: ByteReader): (string | null)[] {
  return Array.from({ length: reader.varint() }, () => (reader.byte() === 0 ? null : reader.text()));
}
