// The tutorial is run: its messages, put as they are, come to the windows, rollups and alerts it says.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createPipelineTest } from '../../../../src/testing/pipeline-test.ts';

const page = readFileSync(new URL('../../../../docs/tutorial-the-things-stack.md', import.meta.url), 'utf8');

function block(name: string): string {
  const [, text] = new RegExp(`\`\`\`json ${name}\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (text === undefined) throw new Error(`tutorial-the-things-stack.md: found no block ${name}`);
  return text;
}

test('the definition of the tutorial is ten lines and makes of its messages what it says', async () => {
  expect(block('pipeline').trim().split('\n').length).toBeLessThanOrEqual(10);
  const pipeline = createPipelineTest(JSON.parse(block('pipeline')));
  const messages: readonly { readonly received_at: string }[] = JSON.parse(block('uplinks'));
  const twice = [...messages, ...messages.slice(0, 1)];
  const arrivedAt = Date.parse('2026-03-01T08:12:00Z');
  await pipeline.put(...twice.map((data) => ({ key: 'webhook', data, arrivedAt })));
  await pipeline.close();

  expect(await pipeline.ledger()).toEqual({ received: 4, applied: 3, duplicate: 1, late: 0, quarantined: 0 });
  const windows = (await pipeline.windows()).map(({ source, events, metrics }) => ({
    source,
    events,
    ...Object.fromEntries(
      ['moisture', 'temperature'].map((name) => {
        const { count, sum, min, max } = metrics[name] ?? {};
        return [name, { count, sum, min, max }];
      }),
    ),
  }));
  expect(windows).toEqual(JSON.parse(block('windows')));
  expect((await pipeline.rollups()).map(({ values, events }) => [...values, events])).toEqual([
    ['north', 2],
    ['south', 1],
  ]);
  expect(await pipeline.alerts({ rule: 'dry' })).toMatchObject([
    { subject: { source: 'soil-2' }, status: 'firing' },
  ]);
});
