// npm run bench:growth: what an event costs as the fleet grows, with the aggregate function whole and only HTTP ending in the process.
// Every fleet has a process of its own, whose heap ends where that of a function of 1 GB does, and whose cache of states has seen
// all sources once; sources report in turn, which is the worst order for a cache.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { FLEETS, type FleetFigures, MEMORY_MB, measureFleet } from './measure-fleet.ts';

function report(): void {
  process.stdout.write(`${HEAD.join('\n')}\n`);
  const per = measureApart(COMPARED_TO);
  for (const sources of FLEETS) {
    const figures = sources === COMPARED_TO ? per : measureApart(sources);
    process.stdout.write(`| ${cellsOf(figures, per).join(' | ')} |\n`);
  }
}

/** The first whose batches hold an event of each source: from there on each event is a write. */
const COMPARED_TO = 1_000;

const HEAD = [
  `A function of ${MEMORY_MB} MB, batches of 1,000 events from sources that report in turn; CPU beside that of ${COMPARED_TO} sources.`,
  '',
  '| sources | CPU an event | reads an event | writes an event | bytes written an event | states decoded | as bytes alone |',
  '| ------: | -----------: | -------------: | --------------: | ---------------------: | -------------: | -------------: |',
];

function measureApart(sources: number): FleetFigures {
  const args = [`--max-old-space-size=${MEMORY_MB}`, fileURLToPath(import.meta.url), String(sources)];
  const answer: FleetFigures = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return answer;
}

function cellsOf(figures: FleetFigures, per: FleetFigures): readonly string[] {
  const { sources, microsPerEvent, readsPerEvent, writesPerEvent, bytesPerEvent, hot, cold } = figures;
  return [
    sources.toLocaleString('en'),
    (microsPerEvent / per.microsPerEvent).toFixed(2),
    readsPerEvent.toFixed(2),
    writesPerEvent.toFixed(2),
    bytesPerEvent.toFixed(0),
    hot.toLocaleString('en'),
    cold.toLocaleString('en'),
  ];
}

const [fleet] = process.argv.slice(2);
if (fleet === undefined) report();
else process.stdout.write(JSON.stringify(await measureFleet(Number(fleet))));
