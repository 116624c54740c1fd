// On the real servers by night (test/nightly/archive.test.ts). That functions reach the buckets from processes of their own, and the real
// stream's records the archive: integration/local-stack.test.ts, integration/record-killed.test.ts.
import { it } from 'vitest';
import { expectCarriedAndDropped } from '../support/carried-and-dropped.ts';

it('what the stream carried is in the archive, and a dropped file in the stream', async () => {
  await expectCarriedAndDropped({ inMemory: true });
});
