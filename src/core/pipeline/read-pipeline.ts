// Checks a pipeline definition as a whole, with those built-in shapes that whoever reads it knows.
import { USUAL_COUNTERS } from '../counter-rules.ts';
import { type KnownShapes, readShapes } from '../shape/read-shape.ts';
import type { Shape } from '../shape/shape.ts';
import { DefinitionReader } from './definition-reader.ts';
import type { Pipeline } from './pipeline.ts';
import { PipelineError } from './pipeline-error.ts';
import { readAggregation, readCounters, readRetention } from './read-aggregation.ts';
import { readAlert } from './read-alert.ts';
import { asksForTable, readDevices } from './read-devices.ts';
import { readRollup } from './read-rollup.ts';

/** @throws PipelineError naming every offending key, what was found and what was expected */
export function readPipeline(definition: unknown, builtIn: KnownShapes): Pipeline {
  const problems: string[] = [];
  const root = new DefinitionReader('', definition, problems);
  root.onlyKeys([
    'aggregations',
    'rollups',
    'alerts',
    'shapes',
    'devices',
    'dedupe',
    'maxClockSkew',
    'allowOldTimes',
    'retention',
    'counters',
  ]);
  const retentionMs = readRetention(root);
  const counters = readCounters(root, USUAL_COUNTERS);
  const drafts = root
    .list('aggregations', { least: 1, most: MAX_AGGREGATIONS })
    .map((entry) => readAggregation(entry, { retentionMs, counters }));
  refuseTwins(drafts, 'aggregations', problems);
  const rollups = root
    .list('rollups', { least: 0, most: MAX_ROLLUPS, optional: true })
    .map((entry) => readRollup(entry, drafts));
  refuseTwins(rollups, 'rollups', problems);
  const alerts = root
    .list('alerts', { least: 0, most: MAX_ALERTS, optional: true })
    .map((entry) => readAlert(entry, { aggregations: drafts, rollups }));
  refuseTwins(alerts, 'alerts', problems);
  const shapes = readShapes(root, 'shapes', { problems, builtIn });
  refuseTwinShapes(shapes, problems);
  const dedupe = root.child('dedupe');
  dedupe?.onlyKeys(['horizon', 'by']);
  const pipeline: Pipeline = {
    aggregations: drafts.map((draft) => ({ ...draft, groupBy: tagsOf(draft.name, { rollups, alerts }) })),
    rollups,
    alerts,
    shapes,
    devices: readDevices(root),
    deviceTable: asksForTable(root),
    dedupeHorizonMs: dedupe?.duration('horizon', { default: 600_000, least: 0 }) ?? 600_000,
    dedupeByTime: dedupe?.text('by', ['id', 'id+time']) === 'id+time',
    maxClockSkewMs: root.duration('maxClockSkew', { default: 300_000, least: 0 }),
    allowOldTimes: root.flag('allowOldTimes'),
    retentionMs,
  };
  if (problems.length > 0) throw new PipelineError(problems);
  return pipeline;
}

const MAX_AGGREGATIONS = 16;
const MAX_ROLLUPS = 32;
const MAX_ALERTS = 64;

/** By the tags of its rollups, and those that alerts on it use. */
function tagsOf(
  aggregation: string,
  { rollups, alerts }: Pick<Pipeline, 'rollups' | 'alerts'>,
): readonly string[] {
  const grouped = rollups.filter(({ of }) => of === aggregation).flatMap(({ levels }) => levels.flat());
  const filtered = alerts
    .filter(({ on }) => on.kind === 'aggregation' && on.name === aggregation)
    .flatMap(({ filter }) => [...(filter.tags?.keys() ?? [])]);
  return [...new Set([...grouped, ...filtered])].sort();
}

/** Two shapes may have one name if their times of validity do not overlap. */
function refuseTwinShapes(shapes: readonly Shape[], problems: string[]): void {
  for (const [at, shape] of shapes.entries()) {
    const isTwin = ({ name, fromMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY }: Shape) =>
      name === shape.name &&
      fromMs < (shape.untilMs ?? Number.POSITIVE_INFINITY) &&
      (shape.fromMs ?? Number.NEGATIVE_INFINITY) < untilMs;
    if (shape.name !== '' && shapes.slice(0, at).some(isTwin))
      problems.push(
        `shapes[${at}].name: found ${JSON.stringify(shape.name)} a second time, expected a name of its own, or "until" in one and "from" in the other`,
      );
  }
}

function refuseTwins(entries: readonly { readonly name: string }[], key: string, problems: string[]): void {
  const seen = new Set<string>();
  for (const [at, { name }] of entries.entries()) {
    if (name !== '' && seen.has(name)) {
      problems.push(
        `${key}[${at}].name: found ${JSON.stringify(name)} a second time, expected a name of its own`,
      );
    }
    seen.add(name);
  }
}
