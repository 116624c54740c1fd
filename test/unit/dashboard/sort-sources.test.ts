import { describe, expect, it } from 'vitest';
import { rateBetween, type SourceRow, selectSources } from '../../../src/dashboard/data/sort-sources.ts';
import type { AlertAnswer } from '../../../src/wire/api/alert-answer.ts';
import type { SourceAnswer } from '../../../src/wire/api/answers.ts';

const NO_COUNTS = { applied: 0, duplicate: 0, late: 0, quarantined: 0 };

function row(
  source: string,
  more: Partial<SourceRow> & { readonly site?: string; readonly seen?: number } = {},
): SourceRow {
  const { site, seen, ...rest } = more;
  const tags = site === undefined ? {} : { tags: [{ tag: 'site', value: site }] };
  const arrival = seen === undefined ? {} : { lastArrivalMs: seen };
  return {
    source: { source, version: 1, ...tags, ...arrival },
    perSecond: undefined,
    alert: undefined,
    ...rest,
  };
}

function alert(status: AlertAnswer['status'], severity: NonNullable<AlertAnswer['severity']>): AlertAnswer {
  return { rule: 'r', series: 's', status, severity, sequence: 1 };
}

const names = (rows: readonly SourceRow[]) => rows.map(({ source }) => source.source);

describe('the table of sources', () => {
  it('by name has 2 before 10', () => {
    const rows = [row('s-10'), row('s-2'), row('s-1')];
    expect(names(selectSources(rows, { search: '', sort: 'name' }))).toEqual(['s-1', 's-2', 's-10']);
  });

  it('by alert has the worst first, and those without last, by name', () => {
    const rows = [
      row('quiet-2'),
      row('pending', { alert: alert('pending', 'critical') }),
      row('quiet-1'),
      row('warned', { alert: alert('firing', 'warning') }),
      row('critical', { alert: alert('firing', 'critical') }),
    ];
    expect(names(selectSources(rows, { search: '', sort: 'alert' }))).toEqual([
      'critical',
      'warned',
      'pending',
      'quiet-1',
      'quiet-2',
    ]);
  });

  it('by time and by rate has the latest and the busiest first', () => {
    const rows = [row('a', { seen: 1, perSecond: 5 }), row('b', { seen: 2 }), row('c', { perSecond: 9 })];
    expect(names(selectSources(rows, { search: '', sort: 'seen' }))).toEqual(['b', 'a', 'c']);
    expect(names(selectSources(rows, { search: '', sort: 'rate' }))).toEqual(['c', 'a', 'b']);
  });

  it('is searched by words of the name and of tags', () => {
    const rows = [
      row('sensor-1', { site: 'Harbour' }),
      row('sensor-2', { site: 'mill' }),
      row('harbour-crane'),
    ];
    expect(names(selectSources(rows, { search: ' HARBOUR ', sort: 'name' }))).toEqual([
      'harbour-crane',
      'sensor-1',
    ]);
    expect(names(selectSources(rows, { search: 'sensor harb', sort: 'name' }))).toEqual(['sensor-1']);
  });
});

describe('a rate', () => {
  const source = (received: number): SourceAnswer => ({
    source: 's',
    version: 1,
    counts: { received, ...NO_COUNTS },
  });

  it('is what came between two readings of the list', () => {
    const before = { atMs: 0, sources: new Map([['s', source(100)]]) };
    expect(rateBetween(before, { atMs: 20_000, source: source(140) })).toBe(2);
  });

  it('is not known of a source that is read for the first time', () => {
    expect(rateBetween(undefined, { atMs: 1_000, source: source(9) })).toBeUndefined();
    expect(rateBetween({ atMs: 0, sources: new Map() }, { atMs: 1_000, source: source(9) })).toBeUndefined();
  });
});
