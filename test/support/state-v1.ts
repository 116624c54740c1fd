// The first form of a state, as it was written: for states that have tumbling windows and nothing that came later.
import type { Metric, Sample } from '../../src/core/metric.ts';
import type { OpenAggregation, SourceState } from '../../src/core/source-state.ts';
import type { SourceWindow } from '../../src/core/source-window.ts';

/** `ids`: those applied, with their times. */
export function writeStateV1(state: SourceState, ids: readonly (readonly [string, number])[]): string {
  const names: string[] = [];
  const { received, applied, duplicate, late } = state.counts;
  return JSON.stringify({
    v: 1,
    u: state.upTo.map(({ shard, sequence, index }) => [shard, sequence, index]),
    m: state.maxTime,
    a: state.lastArrivalMs,
    c: [received, applied, duplicate, late],
    i: writeIds(ids),
    n: names,
    o: state.open.map((open) => writeOpen(open, state.maxTime, names)),
  });
}

function writeOpen(open: OpenAggregation, maxTime: number, names: string[]): unknown {
  const { aggregation, windows, late, closedBefore } = open;
  if (aggregation.window.kind !== 'tumbling') throw new Error('the first form had tumbling windows only');
  return [
    aggregation.name,
    aggregation.window.sizeMs,
    aggregation.groupBy,
    late,
    [...windows.values()].map((window) => writeWindow(window, names)),
    Math.max(closedBefore, maxTime - aggregation.allowedLatenessMs),
  ];
}

function writeWindow({ start, groups }: SourceWindow, names: string[]): unknown {
  return [
    start,
    groups.map(({ tags, events, metrics }) => [
      tags,
      events,
      metrics.map((metric) => writeMetric(metric, names)),
    ]),
  ];
}

function writeMetric({ name, count, min, max, first, last, ...sum }: Metric, names: string[]): unknown {
  if (!names.includes(name)) names.push(name);
  const isOne = sum.rest === undefined && sum.overflow === 0;
  const exact = isOne ? sum.top : [sum.overflow, ...(sum.rest ?? []), sum.top];
  const samples = first === undefined || last === undefined ? [] : [writeSample(first), writeSample(last)];
  return [names.indexOf(name), count, min, max, exact, ...samples];
}

function writeSample({ time, order, value }: Sample): unknown {
  return [time, order, value];
}

/** Differences of the times in base 36, and the ids that are not the number after the one before. */
function writeIds(entries: readonly (readonly [id: string, time: number])[]): string {
  let idBefore = '';
  let timeBefore = 0;
  return entries
    .map(([id, time]) => {
      const follows = /^[0-9]{1,15}$/.test(idBefore) && id === String(Number(idBefore) + 1);
      const token = `${(time - timeBefore).toString(36)}${follows ? '' : `:${JSON.stringify(id)}`}`;
      idBefore = id;
      timeBefore = time;
      return token;
    })
    .join(' ');
}
