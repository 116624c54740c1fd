// Tags of devices in the stack's table: put, and looked at.
import { Command } from 'commander';
import { readCsvTable } from '../core/csv.ts';
import {
  describeDeviceProblem,
  MAX_DEVICES,
  SOURCE_COLUMN,
  tagsOfRow,
} from '../core/pipeline/read-devices.ts';
import type { DeviceRow } from '../stores/device-table.ts';
import { readTextFile } from '../wire/read-text-file.ts';
import { UsageError } from './exit.ts';
import { type StoreOptions, useStores, withStoreOptions } from './open-stores.ts';
import { moment } from './options.ts';
import { formatNumber, formatTable, formatTime } from './print-table.ts';

/** Functions look at the table every half minute; a record must find its tags in all of them. */
const LEAD_MS = 120_000;
const LEAST_LEAD_MS = 60_000;

interface PutOptions extends StoreOptions {
  readonly from?: number;
}

export function devicesCommand(): Command {
  return new Command('devices')
    .description('tags of devices in the stack’s table, for pipelines with "devices": {"table": true}')
    .addCommand(
      withStoreOptions(new Command('put'))
        .description(
          'change the tags of devices from a given time on; devices that are not in the file keep their tags',
        )
        .argument(
          '<file>',
          `CSV with a column ${SOURCE_COLUMN}; a row without tags removes the device’s tags`,
        )
        .option(
          '--from <time>',
          'for records that arrive at this time or later (default: two minutes from now)',
          moment,
        )
        .action(put),
    )
    .addCommand(
      withStoreOptions(new Command('show'))
        .description('show the tags of a device, and since when it has them')
        .argument('<source>', 'its name')
        .option('--json', 'one JSON object per line')
        .action(show),
    );
}

async function put(file: string, options: PutOptions): Promise<void> {
  const rows = await readRows(file);
  const fromMs = options.from ?? Date.now() + LEAD_MS;
  refuseEarly(fromMs, `--from ${formatTime(fromMs)}`);
  const changed = await useStores(options, async ({ devices }) => {
    const count = await devices.put(rows, { fromMs, nowMs: Date.now() });
    refuseEarly(fromMs, `writing took so long that ${formatTime(fromMs)}`);
    return count;
  });
  process.stdout.write(
    `${formatNumber(changed)} of ${formatNumber(rows.length)} devices get other tags from ${formatTime(fromMs)} on\n`,
  );
}

/** A record that has been read with the tags before would be read with others when it comes again. */
function refuseEarly(fromMs: number, what: string): void {
  if (fromMs - Date.now() >= LEAST_LEAD_MS) return;
  throw new UsageError(
    `${what}: found a time less than a minute in the future, expected at least a minute: functions notice a change within half a minute. Run the command again with a later --from`,
  );
}

async function readRows(file: string): Promise<readonly DeviceRow[]> {
  const text = await readTextFile(file).catch((cause: unknown) => {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  const rows = readCsvTable(text, MAX_DEVICES + 1)?.rows ?? [];
  if (rows.length === 0 || rows.length > MAX_DEVICES)
    throw new UsageError(
      `${file}: found ${formatNumber(rows.length)} rows below the header, expected CSV with 1 to ${formatNumber(MAX_DEVICES)} rows and a column ${SOURCE_COLUMN}`,
    );
  const seen = new Map<string, DeviceRow['tags']>();
  for (const [at, { cells }] of rows.entries()) {
    const problem = describeDeviceProblem(cells, seen);
    if (problem !== undefined) throw new UsageError(`${file}: row ${at + 1}: ${problem}`);
    seen.set(cells[SOURCE_COLUMN] ?? '', tagsOfRow(cells));
  }
  return [...seen].map(([source, tags]) => ({ source, tags }));
}

async function show(source: string, options: StoreOptions & { readonly json?: true }): Promise<void> {
  const found = await useStores(options, async ({ devices }) => await devices.load([source]));
  const history = found.get(source) ?? [];
  if (history.length === 0) throw new UsageError(`${source}: found no tags in the table, expected some`);
  for (const { fromMs, tags } of options.json ? history : [])
    process.stdout.write(`${JSON.stringify({ source, from: new Date(fromMs).toISOString(), tags })}\n`);
  if (options.json) return;
  const rows = history.map(({ fromMs, tags }) => [
    formatTime(fromMs),
    Object.entries(tags)
      .map(([name, tag]) => `${name}=${tag}`)
      .join(' ') || '(none)',
  ]);
  process.stdout.write(`${formatTable(['from', 'tags'], rows)}\n`);
}
