// Incidents that were captured, played in a test: the failures come where they came, and each event counts once.
import { describe, expect, it } from 'vitest';
import { createPipelineTest } from '../../../src/testing/pipeline-test.ts';

const FOLDER = 'test/incidents';
const MINUTES = { aggregations: [{ name: 'm', window: { tumbling: '60s' } }] };

describe('an incident that was captured', () => {
  it('a write whose answer was lost: its batch comes again, and one record more', async () => {
    const test = createPipelineTest(MINUTES);
    const { runs, cutOff } = await test.play(`${FOLDER}/lost-answer/incident.ndjson`);
    expect({ runs, cutOff }).toEqual({ runs: 2, cutOff: 0 });
    const [window] = await test.windows();
    expect(window).toMatchObject({ events: 4, final: false });
    expect(window?.metrics['t']).toMatchObject({ count: 4, sum: 6 });
    expect(await test.ledger('d1')).toMatchObject({ received: 4, applied: 4, duplicate: 0 });
  });

  it('a container that was cut off when its write was done, before it heard of that', async () => {
    const test = createPipelineTest(MINUTES);
    const { runs, cutOff } = await test.play(`${FOLDER}/cut-off/incident.ndjson`);
    expect({ runs, cutOff }).toEqual({ runs: 3, cutOff: 1 });
    const [window] = await test.windows();
    expect(window).toMatchObject({ events: 4, final: false });
    expect(await test.ledger('d1')).toMatchObject({ received: 4, applied: 4, duplicate: 0 });
  });

  it('a container that came late, when another had handled its batch: it is refused', async () => {
    const test = createPipelineTest(MINUTES);
    const { runs, calls } = await test.play(`${FOLDER}/late-container/incident.ndjson`);
    expect({ runs, calls }).toEqual({ runs: 2, calls: 4 });
    const [window] = await test.windows();
    expect(window).toMatchObject({ events: 4, final: false });
    expect(await test.ledger('d1')).toMatchObject({ received: 4, applied: 4, duplicate: 0 });
  });
});
