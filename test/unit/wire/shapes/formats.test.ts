// Real files as their owners have them: shaped in the stream they come to the windows of a conversion by hand, and those to
// the windows of a plain computation that shares nothing with the engine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { PipelineDefinition } from '../../../../src/core/pipeline/definition.ts';
import { createPipelineTest } from '../../../../src/testing/pipeline-test.ts';
import type { WindowRow } from '../../../../src/testing/test-rows.ts';
import { formatsFolder } from '../../../support/formats.ts';
import { pointsByHand, SAMPLES } from '../../../support/formats-by-hand.ts';
import { type PlainWindows, plainWindows, rounded } from '../../../support/plain-windows.ts';

const folder = formatsFolder();
const PUT_MS = Date.UTC(2026, 10, 28);
const PIPELINE: PipelineDefinition = {
  aggregations: [{ name: 'per-minute', window: { tumbling: '60s' }, allowedLateness: '365d' }],
  allowOldTimes: true,
};

describe.skipIf(folder === undefined)('the shared samples', () => {
  test.each(SAMPLES)('$file', async ({ file, shapes, isRecording, byHand }) => {
    const path = join(folder ?? '', file);
    const text = readFileSync(path, 'utf8');
    const events = byHand(text);
    expect(events.length).toBeGreaterThan(0);

    const shaped = createPipelineTest({ ...PIPELINE, shapes });
    if (isRecording) await shaped.put(path);
    else await shaped.put(...recordsOf(text).map((data) => ({ key: 'k', data, arrivedAt: PUT_MS })));
    await shaped.close();
    const converted = createPipelineTest(PIPELINE);
    await converted.put(...events.map((event) => ({ ...event, arrivedAt: PUT_MS })));
    await converted.close();

    expect(await shaped.deadLetters()).toEqual([]);
    const windows = numbersOf(await shaped.windows());
    expect(windows).toEqual(numbersOf(await converted.windows()));
    expect(windows).toEqual(plainWindows(events));
  });

  test('telegraf.lp: what is no point is quarantined by itself, and every value of the others counts', async () => {
    const text = readFileSync(join(folder ?? '', 'telegraf.lp'), 'utf8');
    const shaped = createPipelineTest({ ...PIPELINE, shapes: ['line-protocol'] });
    await shaped.put({ key: 'k', data: text, arrivedAt: PUT_MS });
    await shaped.close();
    const letters = await shaped.deadLetters();
    expect(letters.map(({ reason }) => reason)).toEqual(['shape', 'shape']);
    expect(numbersOf(await shaped.windows())).toEqual(plainWindows(pointsByHand(text, PUT_MS)));
  });

  test.each([
    ['kpl-lambda-event.json', 100],
    ['awsgo-kinesis-event.json', 2],
  ])('%s: texts that are no telemetry are quarantined, each by itself', async (file, count) => {
    const shaped = createPipelineTest({ ...PIPELINE, shapes: ['the-things-stack'] });
    await shaped.put(join(folder ?? '', file));
    await shaped.close();
    expect(await shaped.windows()).toEqual([]);
    expect((await shaped.deadLetters()).map(({ reason }) => reason)).toEqual(
      Array.from({ length: count }, () => 'not-json'),
    );
  });
});

/** An event of DynamoDB Streams reaches a function, not a stream: what Kinesis carries for a table is each record by itself. */
function recordsOf(text: string): readonly unknown[] {
  const isLambda = text.startsWith('{"Records"');
  return isLambda ? JSON.parse(text).Records : [text];
}

function numbersOf(rows: readonly WindowRow[]): PlainWindows {
  return rounded(
    Object.fromEntries(
      rows.map(({ source, startMs, events, metrics }) => [
        `${source} ${startMs}`,
        {
          count: events,
          values: Object.fromEntries(
            Object.entries(metrics).map(([name, { count = 0, sum = 0, min = 0, max = 0 }]) => [
              name,
              { count, sum, min, max },
            ]),
          ),
        },
      ]),
    ),
  );
}
