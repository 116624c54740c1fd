// The note of how far a buffer's records have been taken: replaced as a whole, with a checksum.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileOpener } from './disk-buffer-options.ts';
import { readIfThere } from './read-if-there.ts';
import { encodeRecord, readRecord } from './segment-records.ts';
import type { Position } from './survey-segment.ts';

export async function writePosition(
  folder: string,
  position: Position,
  { openFile, sync }: { readonly openFile: FileOpener; readonly sync: boolean },
): Promise<void> {
  const path = join(folder, NAME);
  const file = await openFile(`${path}.draft`, 'w');
  try {
    await file.writeFile(encodeRecord(Buffer.from(JSON.stringify(position))));
    if (sync) await file.datasync();
  } finally {
    await file.close();
  }
  await rename(`${path}.draft`, path);
}

/** None, or a damaged one: then everything there is is given again. */
export async function readPosition(folder: string): Promise<Position> {
  const content = await readIfThere(join(folder, NAME));
  const record = content === undefined ? undefined : readRecord(content, 0);
  const noted = record === undefined ? {} : JSON.parse(record.payload.toString('utf8'));
  // Earlier releases know no `next`.
  return { segment: noted.segment ?? 0, offset: noted.offset ?? 0, next: noted.next ?? 1 };
}

const NAME = 'position';
