import { describe, expect, it } from 'vitest';
import { createRetire } from '../../../consumers/retire/retire.ts';
import { parsePipeline } from '../../../src/core/pipeline/parse-pipeline.ts';
import { emptySourceState } from '../../../src/core/source-state.ts';
import { encodeState } from '../../../src/core/state-encoding.ts';
import { RETIREMENT_PATH } from '../../../src/platform/door.ts';
import { SourceStates } from '../../../src/stores/source-states.ts';
import type { Table } from '../../../src/stores/table.ts';
import { Observed } from '../../support/observed.ts';
import { StoredTables } from '../../support/stored-tables.ts';
import { down, tableOver } from '../../support/table-over.ts';

const PIPELINE = parsePipeline({ aggregations: [{ name: 'a', window: { tumbling: '1m' } }] });
const NOW_MS = Date.UTC(2026, 0, 1);

async function setUp(over: (table: Table) => Table = (table) => table) {
  const { sources } = new StoredTables();
  const states = new SourceStates(sources);
  const state = encodeState(emptySourceState('é/1', PIPELINE));
  await states.commit([{ source: 'é/1', expectedVersion: undefined, state, closesAtMs: undefined }]);
  const observed = new Observed();
  const { log, meter } = observed;
  const retire = createRetire({ states: new SourceStates(over(sources)), log, meter, nowMs: () => NOW_MS });
  const post = (encoded: string) =>
    retire({
      resource: RETIREMENT_PATH,
      httpMethod: 'POST',
      path: `/v1/sources/${encoded}/retirement`,
      headers: null,
      multiValueQueryStringParameters: null,
    });
  return { states, observed, post };
}

describe('retiring a source by the API', () => {
  it('marks it, and says as of when; once more does no harm', async () => {
    const { states, observed, post } = await setUp();
    for (let time = 0; time < 2; time += 1) {
      const answer = await post(encodeURIComponent('é/1'));
      expect(answer.statusCode).toBe(200);
      expect(JSON.parse(answer.body)).toEqual({ source: 'é/1', retiredAt: '2026-01-01T00:00:00.000Z' });
    }
    expect(await states.load(['é/1'])).toMatchObject([{ version: 1, retiredAtMs: NOW_MS }]);
    expect(observed.latest()).toMatchObject({ requests: 1, retired: 1, refused: 0, failures: 0 });
  });

  it.each([
    [404, 'nobody'],
    [400, '%E9'],
    [400, '%0A'],
    [400, 'x'.repeat(129)],
  ])('answers %i for %s', async (status, encoded) => {
    const { observed, post } = await setUp();
    const answer = await post(encoded);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({ 'Content-Type': 'application/problem+json' });
    expect(JSON.parse(answer.body).detail).toContain('path.source: found ');
    expect(observed.latest()).toMatchObject({ retired: 0, refused: 1 });
  });

  it('answers 503 for one that is written each time, and 500 where the table does not answer', async () => {
    const busy = await setUp((table) =>
      tableOver(table, {
        commit: async (writes) => writes.map(() => ({ kind: 'refused' as const, stored: undefined })),
      }),
    );
    expect(await busy.post('%C3%A9%2F1')).toMatchObject({ statusCode: 503, headers: { 'Retry-After': '1' } });
    const gone = await setUp((table) => tableOver(table, { getMany: down }));
    expect((await gone.post('%C3%A9%2F1')).statusCode).toBe(500);
    expect(gone.observed.latest()).toMatchObject({ failures: 1 });
  });
});
