// The role of each function has what the function asks of AWS. What functions ask is noted while they run in memory: in the simulation,
// and where that does not get to, by having them do it.
import { expect, it } from 'vitest';
import { OUTLET_KINDS } from '../../../src/platform/outlet-choice.ts';
import { NotedCalls } from '../../support/noted-calls.ts';
import { goneReaders, manyIds, silentSeries, simulated, switchedOn } from '../../support/role-drives.ts';
import { covers, rolesIn } from '../../support/role-permissions.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

it('the role of each function has what the function asks of AWS', async () => {
  const noted = new NotedCalls();
  await simulated(noted, [1, 2]);
  await manyIds(noted);
  await silentSeries(noted);
  await goneReaders(noted);
  await switchedOn(noted);
  const lacking: string[] = [];
  let looked = 0;
  const outlet = { to: 'kinesis' as const, tells: OUTLET_KINDS };
  for (const role of rolesIn(synthesizedStack({ archive: true, outlet }))) {
    const calls = [...(await noted.of(role.service)).map(role.needed), ...role.byLambda];
    looked += calls.length;
    for (const call of calls)
      if (!role.allowed.some((one) => covers(one, call)))
        lacking.push(`${role.service}: ${call.action} on ${call.resource}`);
  }
  expect(lacking).toEqual([]);
  expect(looked).toBeGreaterThan(100);
}, 120_000);
