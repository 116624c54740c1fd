// What a replay puts into the stream of a file in another form says there what the shape made of the file: numbers, and states.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TelemetryEvent } from '../../../src/core/event.ts';
import { replayEntries } from '../../../src/run/replay-entries.ts';
import { decodeRecord } from '../../../src/wire/record-codec.ts';
import { runs } from '../../support/runs.ts';
import { ARRIVAL_MS, shaped, shapesOf } from '../../support/shaped.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const states = new Set(['mode', 'door', 'no.de']);
const shapes = shapesOf({
  name: 'mine',
  source: 'dev',
  id: 'n',
  time: { path: 'at', as: 'ms' },
  tags: { site: 'site' },
});

const leaf = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.boolean(),
  fc.double(),
  fc.integer(),
  fc.constant(null),
);
const document = fc
  .record({
    mode: leaf,
    door: leaf,
    no: fc.record({ de: leaf, x: leaf }),
    t: leaf,
    n: fc.integer(),
    site: fc.string(),
  })
  .map((members) => ({ dev: 'a', at: ARRIVAL_MS, ...members }));

test('a replayed document is the event that the stream would make of it', async () => {
  const file = join(await temporaryFolder(), 'f.ndjson');
  await fc.assert(
    fc.asyncProperty(fc.array(document, { minLength: 1, maxLength: 4 }), async (documents) => {
      await writeFile(file, documents.map((each) => JSON.stringify(each)).join('\n'));
      const replayed: TelemetryEvent[] = [];
      for await (const entry of replayEntries(file, { fileShapes: { shapes, states } })) {
        if (entry.kind !== 'event') throw new Error(`found ${entry.kind}, expected an event`);
        const data = Buffer.from(JSON.stringify(entry.raw)).toString('base64');
        for (const item of decodeRecord(data, undefined, states)) {
          if (item.kind === 'event') replayed.push(item.event);
        }
      }
      const direct = documents.flatMap((each) => shaped(each, shapes, { states }).events);
      expect(replayed).toEqual(direct);
    }),
    { numRuns: runs(100) },
  );
});
