// Two hundred devices by night (test/nightly/http-ledger.test.ts).
import { it } from 'vitest';
import { expectEveryEventOnce } from '../support/every-event-once.ts';

it('every event that a device has put is counted once, whatever was killed, throttled or restarted', async () => {
  await expectEveryEventOnce(60);
});
