// A process that runs one case: told over its channel how many batches, it answers what a record took.
import { argv } from 'node:process';
import { CASES } from './case-list.ts';
import { type RoundFigures, TimedCase } from './timed-case.ts';

/** What a round came to. */
export type RoundAnswer =
  | ({ readonly kind: 'round' } & RoundFigures)
  | { readonly kind: 'failed'; readonly message: string };

const [, , name, records, sources] = argv;
const entry = CASES.find((candidate) => candidate.name === name);
if (entry === undefined)
  throw new Error(`found the case ${name}, expected ${CASES.map((known) => known.name)}`);
const size = { records: Number(records), sources: Number(sources) };
const { createCase } = await entry.load();
const timed = new TimedCase(await createCase(size), size, entry.form ?? 'own');

process.on('message', async (batches) => {
  let answer: RoundAnswer;
  try {
    answer = { kind: 'round', ...(await timed.round(Number(batches))) };
  } catch (error) {
    answer = { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  }
  process.send?.(answer);
});
