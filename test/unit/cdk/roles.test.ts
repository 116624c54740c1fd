// Each role has what is asked of AWS in its name, and nothing else. What functions ask is noted while they run in memory: by having them
// do it, and in the simulation, until nothing is left that has not been asked for.
import { beforeAll, expect, it } from 'vitest';
import { OUTLET_KINDS } from '../../../src/platform/outlet-choice.ts';
import { NotedCalls } from '../../support/noted-calls.ts';
import {
  alerted,
  comparedArchive,
  droppedFiles,
  goneReaders,
  heldAndPutBack,
  manyIds,
  manySeries,
  putBack,
  simulated,
  switchedOn,
} from '../../support/role-drives.ts';
import { rebuilt } from '../../support/role-drives-rebuild.ts';
import { covers, type Permission, rolesIn } from '../../support/role-permissions.ts';
import { synthesizedStack } from '../../support/synthesized-stack.ts';

const template = synthesizedStack({
  archive: true,
  rebuild: true,
  incoming: true,
  mqtt: true,
  outlet: { to: 'kinesis', tells: OUTLET_KINDS },
});
const roles = rolesIn(template);
const noted = new NotedCalls();

/** What nothing asks for, and why it is there all the same: `role: action on resource`, as beginnings. */
const GIVEN_BY_THE_CDK: Readonly<Record<string, string>> = {
  'state machine: lambda:InvokeFunction on <RebuildConsumerFunction':
    'the CDK lets who invokes a function invoke its versions too, of which there are none',
};

/** Plans for the functions that they run: a few do. Those of the first seeds are large. */
const FIRST_SEED = 7;
const MOST_PLANS = 20;

beforeAll(async () => {
  await rebuilt(noted, template);
  await manyIds(noted);
  await manySeries(noted);
  await putBack(noted);
  await heldAndPutBack(noted);
  await alerted(noted);
  await goneReaders(noted);
  await switchedOn(noted);
  await droppedFiles(noted);
  await comparedArchive(noted);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + MOST_PLANS && (await unused()).length > 0; seed += 1)
    await simulated(noted, seed);
}, 300_000);

const told = (service: string, { action, resource }: Permission) => `${service}: ${action} on ${resource}`;

async function callsOf({ service, byAws, needed }: (typeof roles)[number]): Promise<readonly Permission[]> {
  return [...(await noted.of(service)).map(needed), ...byAws];
}

async function unused(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const role of roles) {
    const calls = await callsOf(role);
    for (const one of role.allowed)
      if (!calls.some((call) => covers(one, call))) found.push(told(role.service, one));
  }
  return found.filter((one) => !Object.keys(GIVEN_BY_THE_CDK).some((start) => one.startsWith(start)));
}

it('each role has what is asked for in its name', async () => {
  const lacking: string[] = [];
  let looked = 0;
  for (const role of roles)
    for (const call of await callsOf(role)) {
      looked += 1;
      if (!role.allowed.some((one) => covers(one, call))) lacking.push(told(role.service, call));
    }
  expect(lacking).toEqual([]);
  expect(looked).toBeGreaterThan(200);
});

it('no role has anything that nothing asks for', async () => {
  expect(await unused()).toEqual([]);
});
