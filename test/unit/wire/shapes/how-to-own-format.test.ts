// The how-to is run: its payload through its shape gives its events, and the pipeline's windows.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createPipelineTest } from '../../../../src/testing/pipeline-test.ts';
import { shaped, shapesOf } from '../../../support/shaped.ts';

const page = readFileSync(new URL('../../../../docs/how-to-own-format.md', import.meta.url), 'utf8');

function block(name: string) {
  const [, text] = new RegExp(`\`\`\`json ${name}\\n(.*?)\`\`\``, 's').exec(page) ?? [];
  if (text === undefined) throw new Error(`how-to-own-format.md: found no block ${name}`);
  return JSON.parse(text);
}

test('the shape of the how-to makes the events it says, and windows of them', async () => {
  const { events, refused } = shaped(block('payload'), shapesOf(block('shape')));
  expect(refused).toEqual([]);
  expect(events.map(({ type, ...event }) => event)).toEqual(block('events'));

  const pipeline = createPipelineTest({
    aggregations: [{ name: 'per-minute', window: { tumbling: '60s' } }],
    shapes: [block('shape')],
  });
  await pipeline.put({ key: 'north', data: block('payload'), arrivedAt: 1_772_352_080_000 });
  await pipeline.close();
  const windows = await pipeline.windows({ source: 'north/pump-1' });
  expect(windows.map(({ startMs, metrics }) => [startMs, metrics['flow']?.sum])).toEqual([
    [1_772_352_000_000, 12.5],
    [1_772_352_060_000, 11.5],
  ]);
});
