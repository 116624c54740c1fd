// The document against what the API does: every operation is called, and every answer is held to it.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { AlertStatus, Transition } from '../../../../src/core/alerts/alert-state.ts';
import type { PipelineDefinition } from '../../../../src/core/pipeline/definition.ts';
import { rollupSeries, sourceSeries } from '../../../../src/core/series.ts';
import { RETIREMENT_PATH } from '../../../../src/platform/door.ts';
import { openApiDocument } from '../../../../src/wire/api/openapi.ts';
import { OPERATIONS } from '../../../../src/wire/api/operations.ts';
import type { RestAnswer } from '../../../../src/wire/rest-event.ts';
import { BLANK_ALERT } from '../../../support/blank-alert.ts';
import { ReadingSystem } from '../../../support/reading-system.ts';

interface Described {
  readonly operationId: string;
  readonly parameters: readonly { readonly name: string; readonly schema: object }[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const DOCUMENT = openApiDocument({ routes: [], maxEvents: 500 });
const ajv = new Ajv2020({ allErrors: true });
ajv.addVocabulary(['components']);
ajv.addSchema({ $id: 'document', components: DOCUMENT.components });

/** What the document says of a path; references in it as ajv finds them. */
function described(path: string): Described {
  const operation = DOCUMENT.paths[path];
  if (typeof operation !== 'object' || operation === null || !('get' in operation))
    throw new Error(`no ${path}`);
  return JSON.parse(JSON.stringify(operation.get).replaceAll('#/components/', 'document#/components/'));
}

function expectAsDescribed(path: string, { statusCode, headers, body }: RestAnswer): void {
  const response = described(path).responses[statusCode];
  expect(response, `${path} answers ${statusCode}`).toBeDefined();
  if (statusCode === 304) {
    expect(body).toBe('');
    return;
  }
  const type = (headers['Content-Type'] ?? '').split(';')[0] ?? '';
  const content = response?.content?.[type];
  expect(content, `${path} answers ${statusCode} as ${type}`).toBeDefined();
  const value = type === 'text/csv' ? body : JSON.parse(body);
  const isValid = ajv.validate(content?.schema ?? false, value);
  expect(isValid ? [] : ajv.errors, `${path} ${statusCode}: ${body.slice(0, 500)}`).toEqual([]);
}

const PIPELINE: PipelineDefinition = {
  aggregations: [
    { name: 'short', window: { tumbling: '10ms' }, aggregates: ['sum', 'first', 'last'] as const },
    { name: 'gaps', window: { session: { gap: '5ms' } } },
  ],
  rollups: [
    { name: 'by-site', of: 'short', by: ['site'] },
    { name: 'all', of: 'short', by: [] },
  ],
  alerts: [
    { name: 'hot', on: { aggregation: 'short' }, metric: 'v', aggregate: 'max', when: { above: 5 } },
    { name: 'silent', when: { absent: '10m' } },
  ],
};

const REQUESTS: Readonly<Record<keyof typeof OPERATIONS, readonly string[]>> = {
  listSources: ['/v1/sources', '/v1/sources?limit=1', '/v1/sources?limit=0'],
  getSource: ['/v1/sources/a', '/v1/sources/nobody', '/v1/sources/%E0%A4%A'],
  listSourceWindows: [
    '/v1/sources/a/windows?aggregation=short&p=50,99.9',
    '/v1/sources/a/windows?aggregation=gaps&order=desc&limit=1',
    '/v1/sources/a/windows',
    '/v1/sources/nobody/windows?aggregation=short',
  ],
  getPipeline: ['/v1/pipeline', '/v1/pipeline?x=1'],
  listRollupSeries: ['/v1/rollups/by-site', '/v1/rollups/nothing', '/v1/rollups/by-site?cursor=x'],
  listRollupWindows: [
    '/v1/rollups/by-site/n/windows?p=1',
    '/v1/rollups/by-site/%5Cn/windows',
    '/v1/rollups/all/*/windows?limit=1',
    '/v1/rollups/all/x/windows',
    '/v1/rollups/nothing/x/windows',
  ],
  listAlerts: [
    '/v1/alerts',
    '/v1/alerts?limit=1',
    '/v1/alerts?status=firing&rule=hot',
    '/v1/alerts?status=on',
    '/v1/alerts?status=ok',
    '/v1/alerts?status=ok&source=a',
  ],
  getLedger: ['/v1/ledger'],
  getOpenApi: ['/v1/openapi.json'],
};

async function setUp(): Promise<ReadingSystem> {
  const system = new ReadingSystem(PIPELINE);
  const tags = { site: 'n' };
  await system.send({ source: 'a', time: 1, values: { v: 1, huge: 1e308, __proto__: 0 }, tags });
  await system.send({ source: 'a', time: 2, values: { v: -1, huge: 1e308 }, tags }, { source: 'b', time: 5 });
  await system.send(
    { source: 'a', time: 22, values: { v: 2 }, tags },
    { source: 'a', time: 2 },
    { source: 7 },
  );
  await system.rollUp();
  const common = { expectedVersion: undefined, checkAtMs: undefined };
  const transition = (to: AlertStatus): Transition => ({
    sequence: 1,
    from: 'ok',
    to,
    severity: 'info',
    reason: 'v is 9, above 5',
    window: { start: 10, end: 20, revision: 1, value: Number.POSITIVE_INFINITY },
  });
  await system.alerts.commit([
    { ...common, ...HOT_ON_A, state: { ...BLANK_ALERT, status: 'ok', sequence: 0, transitions: [] } },
    ...(['pending', 'firing', 'resolved'] as const).map((status) => ({
      ...common,
      rule: status,
      series: status === 'firing' ? rollupSeries('by-site', [null]) : sourceSeries('', 'b'),
      state: { ...BLANK_ALERT, status, sequence: 1, transitions: [transition(status)] },
    })),
  ]);
  return system;
}

const HOT_ON_A = { rule: 'hot', series: sourceSeries('short', 'a') };

describe('the OpenAPI document', () => {
  it('is OpenAPI 3.1 with an operation for each that there is', () => {
    expect(DOCUMENT.openapi).toBe('3.1.0');
    const paths = Object.values(OPERATIONS).map(({ path }) => path);
    expect(Object.keys(DOCUMENT.paths)).toEqual([
      ...paths,
      RETIREMENT_PATH,
      '/v1/events',
      '/v1/relay/events',
    ]);
    for (const path of paths) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const names = described(path).parameters.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(inPath));
      expect(new Set(names).size).toBe(names.length);
    }
    expect(new Set(paths.map((path) => described(path).operationId)).size).toBe(paths.length);
  });

  it.each(Object.entries(REQUESTS))('says what %s answers, whatever it is asked', async (name, paths) => {
    const system = await setUp();
    const [, operation] = Object.entries(OPERATIONS).find(([one]) => one === name) ?? [];
    if (operation === undefined) throw new Error(`no operation ${name}`);
    const statuses = new Set<number>();
    for (const path of paths) {
      const answer = await system.get(path);
      statuses.add(answer.statusCode);
      expectAsDescribed(operation.path, answer);
      const { ETag } = answer.headers;
      if (ETag !== undefined) {
        expectAsDescribed(operation.path, await system.get(path, { 'if-none-match': ETag }));
      }
      for (const Accept of ['text/csv', 'image/png', '*/*;q=0.1']) {
        expectAsDescribed(operation.path, await system.get(path, { Accept }));
      }
    }
    expect(statuses).toContain(200);
  });

  it('is held to by a value beyond what a double holds', async () => {
    const system = await setUp();
    const { body } = await system.get('/v1/sources/a/windows?aggregation=short');
    const huge = JSON.parse(body).windows[0].metrics.find(
      ({ name }: { readonly name: string }) => name === 'huge',
    );
    expect(huge).toMatchObject({ count: 2, sum: null, max: 1e308 });
  });

  it('is what is served, and names a token of readers', async () => {
    const system = await setUp();
    const { body, headers } = await system.get('/v1/openapi.json');
    expect(JSON.parse(body)).toEqual(JSON.parse(JSON.stringify(DOCUMENT)));
    expect(headers['Cache-Control']).toBe('private, max-age=300');
  });
});
