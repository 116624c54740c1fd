import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addValue, emptyMetric } from '../../../src/core/metric.ts';
import { rollupSeries, sourceSeries } from '../../../src/core/series.ts';
import type { StoredWindow } from '../../../src/core/stored-window.ts';
import { writeWindowsCsv } from '../../../src/run/windows-csv.ts';
import { Windows } from '../../../src/stores/windows.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function closedWindow(
  { source = 'a', aggregation = 'w', start = 0, events = 1 },
  values: Readonly<Record<string, readonly number[]>> = {},
): StoredWindow {
  const metrics = Object.entries(values).map(([name, all]) => {
    const metric = emptyMetric(name);
    for (const value of all) addValue(metric, value, start, 0);
    return metric;
  });
  const series = sourceSeries(aggregation, source);
  const end = start + 10;
  const rest = { part: undefined, marks: new Map(), final: true, fields: undefined };
  return { series, start, end, events, moved: 0, metrics, ...rest };
}

async function csvOf(closed: readonly StoredWindow[], withAggregation = false) {
  const windows = new Windows(new StoredTables().windows);
  await windows.putClosed(closed.map((window) => ({ window, expiresAtMs: undefined })));
  const file = join(await temporaryFolder(), 'windows.csv');
  const count = await writeWindowsCsv(windows, file, { withAggregation });
  return { count, text: await readFile(file, 'utf8') };
}

const HEAD = 'source,metric,window_start_ms,window_end_ms,count,sum,min,max,mean';

describe('windows as CSV', () => {
  it('have a line for the events and one for each metric, by name', async () => {
    const { count, text } = await csvOf([closedWindow({ events: 3 }, { y: [0.1, 0.2], x: [5, -1] })]);
    expect(count).toBe(1);
    expect(text).toBe(
      [
        HEAD,
        'a,(events),0,10,3,3,1,1,1',
        'a,x,0,10,2,4,-1,5,2',
        'a,y,0,10,2,0.30000000000000004,0.1,0.2,0.15000000000000002',
        '',
      ].join('\n'),
    );
  });

  it('stand by aggregation, source and time as a number', async () => {
    const { text, count } = await csvOf(
      [
        closedWindow({ source: 'b' }),
        closedWindow({ source: 'a', start: 100 }),
        closedWindow({ source: 'a', start: 20 }),
        closedWindow({ source: 'z', aggregation: 'v' }),
      ],
      true,
    );
    expect(count).toBe(4);
    expect(text.split('\n').map((line) => line.split(',').slice(0, 4).join(' '))).toEqual([
      'aggregation source metric window_start_ms',
      'v z (events) 0',
      'w a (events) 20',
      'w a (events) 100',
      'w b (events) 0',
      '',
    ]);
  });

  it('quote what would break a line or a column', async () => {
    const { text } = await csvOf([closedWindow({ source: 'a,"b"' }, { 'x\ny': [1], 'r\r': [2] })]);
    expect(text).toContain('"a,""b""",(events),0,10');
    expect(text).toContain('"a,""b""","x\ny",0,10,1,1,1,1,1\n');
    expect(text).toContain('"r\r"');
  });

  it('hold names as texts, whatever they begin with, and numbers as numbers', async () => {
    const { text } = await csvOf([
      closedWindow({ source: '=HYPERLINK("http://evil")' }, { '@x': [-2], '-1': [3] }),
    ]);
    const name = `"'=HYPERLINK(""http://evil"")"`;
    expect(text.split('\n').slice(1)).toEqual([
      `${name},(events),0,10,1,1,1,1,1`,
      `${name},'-1,0,10,1,3,3,3,3`,
      `${name},'@x,0,10,1,-2,-2,-2,-2`,
      '',
    ]);
  });

  it('leave rollups out', async () => {
    const rolledUp = { ...closedWindow({}), series: rollupSeries('r', ['n']), part: 3 };
    expect(await csvOf([rolledUp])).toEqual({ count: 0, text: `${HEAD}\n` });
  });

  it('are all written, more than a buffer holds', async () => {
    const { count, text } = await csvOf(
      Array.from({ length: 3_000 }, (_, at) =>
        closedWindow({ source: 'a'.repeat(60), start: at * 10 }, { v: [at] }),
      ),
    );
    expect(count).toBe(3_000);
    const lines = text.trimEnd().split('\n');
    expect(lines).toHaveLength(6_001);
    expect(lines.at(-1)).toContain('v,29990,30000,1,2999');
  });

  it('that cannot be written say why', async () => {
    const file = join(await temporaryFolder(), 'nowhere', 'windows.csv');
    const windows = new Windows(new StoredTables().windows);
    await expect(writeWindowsCsv(windows, file, { withAggregation: false })).rejects.toMatchObject({
      code: 'ENOENT',
      path: file,
    });
  });
});
