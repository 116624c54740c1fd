// A recorded case in a folder of its own, from what a test says of it.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

export interface CaseFiles {
  readonly pipeline: unknown;
  /** Each a line: events, records and controls as JSON, texts as they are. */
  readonly events: readonly unknown[];
  /** Lines of `expected.csv` behind its head. */
  readonly expected: readonly string[];
  readonly only?: string;
  /** Further pipelines by file name. */
  readonly pipelines?: Readonly<Record<string, unknown>>;
}

export const CASE_HEAD = 'kind,series,start,end,metric,aggregate,value,tolerance';

/** The case's folder; it is gone when the test has ended. */
export async function caseFolder(name: string, files: CaseFiles): Promise<string> {
  const folder = join(await temporaryFolder(), name);
  await mkdir(folder);
  const lines = files.events.map((event) => (typeof event === 'string' ? event : JSON.stringify(event)));
  const expected = [
    ...(files.only === undefined ? [] : [`#only ${files.only}`]),
    CASE_HEAD,
    ...files.expected,
  ];
  const texts = {
    'events.ndjson': `${lines.join('\n')}\n`,
    'expected.csv': `${expected.join('\n')}\n`,
    'pipeline.json': JSON.stringify(files.pipeline),
    ...Object.fromEntries(
      Object.entries(files.pipelines ?? {}).map(([file, p]) => [file, JSON.stringify(p)]),
    ),
  };
  for (const [file, text] of Object.entries(texts)) await writeFile(join(folder, file), text);
  return folder;
}
