// By day in memory (integration/archive.test.ts).
import { it } from 'vitest';
import { expectCarriedAndDropped } from '../support/carried-and-dropped.ts';

it('what the real stream carried is in the archive, and a dropped file in the stream', async () => {
  await expectCarriedAndDropped({ inMemory: false });
});
