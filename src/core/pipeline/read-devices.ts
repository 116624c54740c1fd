// The `devices` of a pipeline definition: rows of a source and its tags, or that a table holds them.
import type { Devices } from '../device-tags.ts';
import { EVENT_LIMITS } from '../event-limits.ts';
import { isName, isObject, isSource, isTag } from '../event-rules.ts';
import type { DefinitionReader } from './definition-reader.ts';

export const MAX_DEVICES = 20_000;
/** The column, or member, that is not a tag. */
export const SOURCE_COLUMN = 'source';
/** More tags would repeat the same in every row. */
const MAX_PROBLEMS = 10;

export function readDevices(root: DefinitionReader): Devices {
  const rows = root.raw('devices');
  const devices = new Map<string, Readonly<Record<string, string>>>();
  if (rows === undefined || asksForTable(root)) return devices;
  if (!Array.isArray(rows) || rows.length > MAX_DEVICES) {
    const found = Array.isArray(rows) ? `a list of ${rows.length}` : JSON.stringify(rows)?.slice(0, 80);
    root.problem(
      'devices',
      `found ${found}, expected at most ${MAX_DEVICES} rows such as {"source": "d1", "site": "north"}, the name of a CSV file beside the definition, or {"table": true}`,
    );
    return devices;
  }
  let problems = 0;
  for (const [at, row] of rows.entries()) {
    const problem = describeDeviceProblem(row, devices);
    if (problem === undefined) devices.set(row.source, tagsOfRow(row));
    else if (problems < MAX_PROBLEMS) root.problem(`devices[${at}]`, problem);
    if (problem !== undefined) problems += 1;
  }
  return devices;
}

/** `{"table": true}`: `tidemill devices put` writes them, and the function reads them. */
export function asksForTable(root: DefinitionReader): boolean {
  const devices = root.raw('devices');
  return isObject(devices) && Object.keys(devices).length === 1 && devices['table'] === true;
}

/** Tags in a checked row: its cells, except the source and empty ones. */
export function tagsOfRow({
  source: _,
  ...tags
}: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([name, tag]) => (tag === undefined || isEmpty(tag) ? [] : [[name, tag]])),
  );
}

/** An empty cell is no tag. */
function isEmpty(tag: unknown): boolean {
  return tag === undefined || tag === null || tag === '';
}

/** What is wrong with a row of a source and tags; undefined: nothing. `devices`: the rows before it. */
export function describeDeviceProblem(row: unknown, devices: Devices): string | undefined {
  if (!isObject(row)) return `found ${JSON.stringify(row)}, expected an object with a source and tags`;
  const { source, ...tags } = row;
  if (!isSource(source))
    return `source: found ${JSON.stringify(source)}, expected a text of 1 to ${EVENT_LIMITS.sourceLength} characters`;
  if (devices.has(source)) return `source: found ${JSON.stringify(source)} a second time, expected each once`;
  const names = Object.keys(tags).filter((name) => !isEmpty(tags[name]));
  if (names.length > EVENT_LIMITS.tags)
    return `found ${names.length} tags, expected at most ${EVENT_LIMITS.tags}`;
  const bad = names.find(
    (name) => !isName(name, EVENT_LIMITS.tagNameLength, true) || !isTag(tags[name], true),
  );
  if (bad === undefined) return undefined;
  return `${JSON.stringify(bad)}: found ${JSON.stringify(tags[bad])}, expected a name of 1 to ${EVENT_LIMITS.tagNameLength} characters and a text of at most ${EVENT_LIMITS.tagLength}`;
}
