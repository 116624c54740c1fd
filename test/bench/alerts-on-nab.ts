// `npm run bench:alerts`: which known incidents one default rule catches, when, and how many false alarms it gives.
import { incidentsOnNab } from '../support/incidents-on-nab.ts';
import { recordingsFolder } from '../support/recordings.ts';

const folder = recordingsFolder();
if (folder === undefined) throw new Error('found no shared recordings beside the project, expected them');
const { incidents, falseAlarms, windows } = await incidentsOnNab(folder);
const time = (ms: number) => new Date(ms).toISOString().slice(0, 16);
for (const { source, from, to, firedMs } of incidents) {
  const fired = firedMs === undefined ? 'missed' : `fired ${time(firedMs)}`;
  console.log(`${source.padEnd(52)} ${time(from)} to ${time(to)}  ${fired}`);
}
console.log('');
for (const { source, firedMs, reason } of falseAlarms) {
  console.log(`false alarm ${time(firedMs)} ${source}: ${reason}`);
}
const caught = incidents.filter(({ firedMs }) => firedMs !== undefined).length;
console.log(
  `\n${caught} of ${incidents.length} incidents caught, ${falseAlarms.length} false alarms in ${windows} windows of an hour`,
);
