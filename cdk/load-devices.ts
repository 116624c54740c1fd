// A table of devices beside a pipeline definition, put in the place of its name: what the functions are given holds its rows.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readCsvTable } from '../src/core/csv.ts';
import { MAX_DEVICES, SOURCE_COLUMN } from '../src/core/pipeline/read-devices.ts';
import { DefinitionFileError } from './load-definition.ts';

/** @throws DefinitionFileError for a file that cannot be read, or is no table with sources */
export async function withDevices(definition: object, folder: string): Promise<object> {
  const devices: unknown = 'devices' in definition ? definition.devices : undefined;
  if (typeof devices !== 'string') return definition;
  const path = resolve(folder, devices);
  const where = `devices ${path}`;
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DefinitionFileError(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  });
  const table = readCsvTable(text.replace(/^\ufeff/, ''), MAX_DEVICES + 1);
  const rows = table?.rows.map(({ cells }) => cells) ?? [];
  if (rows[0]?.[SOURCE_COLUMN] === undefined) {
    const found = JSON.stringify(text.slice(0, 60));
    throw new DefinitionFileError(
      `${where}: found ${found}, expected CSV with a header in which ${SOURCE_COLUMN} stands`,
    );
  }
  return { ...definition, devices: rows };
}
