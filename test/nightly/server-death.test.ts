// By day DynamoDB Local dies (integration/cli-failures.test.ts).
import { it } from 'vitest';
import { expectServerDeathTold } from '../support/server-death.ts';

it('a Kinesis server that dies in mid-replay ends it in words', async () => {
  await expectServerDeathTold('Kinesis (kinesalite)', 'kinesis-server-main.ts');
});
