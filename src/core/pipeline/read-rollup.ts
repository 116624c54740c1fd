// Reads the rollups of a pipeline definition, each against the aggregation it combines.
import type { DefinitionReader } from './definition-reader.ts';
import type { AggregationDraft, Rollup } from './pipeline.ts';

const MAX_TAGS_GROUPED = 8;
export const DEFAULT_PARTS = 16;

export function readRollup(entry: DefinitionReader, aggregations: readonly AggregationDraft[]): Rollup {
  entry.onlyKeys(['name', 'of', 'by', 'levels', 'parts']);
  const of = entry.name('of');
  const aggregation = aggregations.find(({ name }) => name === of);
  if (of !== '' && aggregation === undefined) {
    const known = aggregations.map(({ name }) => JSON.stringify(name)).join(', ');
    entry.problem('of', `found ${JSON.stringify(of)}, expected the name of an aggregation: ${known}`);
  }
  if (aggregation?.window.kind === 'session') {
    entry.problem(
      'of',
      `found ${JSON.stringify(of)}, whose windows are sessions, expected one with tumbling, hopping or calendar windows: sessions of two sources have no windows in common`,
    );
  }
  return {
    name: entry.name('name'),
    of,
    levels: readLevels(entry),
    parts: entry.number('parts', { default: DEFAULT_PARTS, least: 1, most: 256, whole: true }),
  };
}

function readLevels(entry: DefinitionReader): readonly (readonly string[])[] {
  if (entry.has('by') === entry.has('levels')) {
    const found = entry.has('by') ? 'by and levels' : 'neither by nor levels';
    entry.problem('by', `found ${found}, expected one of them, a list of tag names, e.g. ["site"]`);
    return [[]];
  }
  const key = entry.has('by') ? 'by' : 'levels';
  const tags = key === 'by' && isEmptyList(entry.raw('by')) ? [] : (entry.texts(key) ?? []);
  if (tags.length > MAX_TAGS_GROUPED) {
    entry.problem(key, `found ${tags.length} tags, expected at most ${MAX_TAGS_GROUPED}`);
  }
  return key === 'by' ? [tags] : tags.map((_, at) => tags.slice(0, at + 1));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
