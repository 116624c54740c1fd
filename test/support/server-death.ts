// A server of a replay that is killed under way: the replay must end, and say what has died.
import { join } from 'node:path';
import { expect } from 'vitest';
import { writeRecording } from '../../producers/simulators/recording.ts';
import { replay } from '../../src/run/replay.ts';
import { minuteOfAFleet } from './minute-of-a-fleet.ts';
import { processesIn, untilGone } from './own-processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** `program`: what its command line names. */
export async function expectServerDeathTold(name: string, program: string): Promise<void> {
  const file = join(await temporaryFolder(), 'fleet.ndjson');
  await writeRecording(file, minuteOfAFleet().arrivals);
  let killing: Promise<number> | undefined;
  const replaying = replay({
    files: [file],
    pipeline: { aggregations: [{ name: 'a', window: { tumbling: '10s' } }] },
    // At the recorded pace: it goes on for a minute if it is let.
    speed: 1,
    shards: 1,
    kills: 0,
    reshard: false,
    onProgress: ({ folded }) => {
      if (folded > 0) killing ??= killChild(program);
    },
  });
  await expect(replaying).rejects.toMatchObject({
    name: 'RuntimeError',
    code: 'server-died',
    message: expect.stringContaining(`${name} ended while it was needed (signal SIGKILL)`),
  });
  const pid = await killing;
  expect(pid).toBeGreaterThan(0);
  const left = (await childrenOfThis()).filter(({ command }) => /DynamoDBLocal|src\/local\//.test(command));
  expect(left).toEqual([]);
}

async function childrenOfThis() {
  return (await processesIn('')).filter(({ parent }) => parent === process.pid);
}

async function killChild(program: string): Promise<number> {
  const victim = (await childrenOfThis()).find(({ command }) => command.includes(program));
  if (victim === undefined) throw new Error(`found no child that runs ${program}`);
  process.kill(victim.pid, 'SIGKILL');
  await untilGone(victim.pid);
  return victim.pid;
}
