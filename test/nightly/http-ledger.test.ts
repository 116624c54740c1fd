// Sixty devices by day (integration/http-ledger.test.ts).
import { it } from 'vitest';
import { expectEveryEventOnce } from '../support/every-event-once.ts';

it('every event that two hundred devices have put is counted once, whatever was killed, throttled or restarted', async () => {
  await expectEveryEventOnce(200);
});
