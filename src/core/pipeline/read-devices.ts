// The `devices` of a pipeline definition: rows of a source and its tags.
import type { Devices } from '../device-tags.ts';
import { EVENT_LIMITS } from '../event-limits.ts';
import { isName, isObject, isSource, isTag } from '../event-rules.ts';
import type { DefinitionReader } from './definition-reader.ts';

export const MAX_DEVICES = 20_000;
/** The column, or member, that is no tag. */
export const SOURCE_COLUMN = 'source';
/** More would say the same of every row. */
const MAX_PROBLEMS = 10;

export function readDevices(root: DefinitionReader): Devices {
  const rows = root.raw('devices');
  const devices = new Map<string, Readonly<Record<string, string>>>();
  if (rows === undefined) return devices;
  if (!Array.isArray(rows) || rows.length > MAX_DEVICES) {
    const found = Array.isArray(rows) ? `a list of ${rows.length}` : JSON.stringify(rows)?.slice(0, 80);
    root.problem(
      'devices',
      `found ${found}, expected at most ${MAX_DEVICES} rows such as {"source": "d1", "site": "north"}, or the name of a CSV file beside the definition`,
    );
    return devices;
  }
  let problems = 0;
  for (const [at, row] of rows.entries()) {
    const problem = problemOf(row, devices);
    if (problem === undefined) devices.set(row.source, tagsOf(row));
    else if (problems < MAX_PROBLEMS) root.problem(`devices[${at}]`, problem);
    if (problem !== undefined) problems += 1;
  }
  return devices;
}

function tagsOf({ source: _, ...tags }: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tags).filter(([, tag]) => !isEmpty(tag)));
}

/** An empty cell is no tag. */
function isEmpty(tag: unknown): boolean {
  return tag === undefined || tag === null || tag === '';
}

function problemOf(row: unknown, devices: Devices): string | undefined {
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
