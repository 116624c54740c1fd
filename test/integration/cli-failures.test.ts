// What a user sees when the machine gets in the way: a port that is taken, a server that dies.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { simulateIotFleet } from '../../producers/simulators/iot-fleet.ts';
import { writeRecording } from '../../producers/simulators/recording.ts';
import type { Simulation } from '../../producers/simulators/simulation.ts';
import { replay } from '../../src/run/replay.ts';
import { failing } from '../support/failing-command.ts';
import { processesIn, untilGone } from '../support/own-processes.ts';
import { expectNothingLeft, pathWithoutJava, startCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it.each(['--kinesis-port', '--dynamodb-port'])('a port in use (%s) is named', async (option) => {
  const other = createServer().listen(0);
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const address = other.address();
  const port = typeof address === 'object' ? address?.port : address;
  const cwd = await temporaryFolder();
  const { code, stderr } = await failing(['dev', option, String(port)], { cwd });
  expect(stderr).toContain(`cannot use port ${port}: another process listens on it`);
  expect(code).toBe(1);
  expect(existsSync(join(cwd, '.tidemill/running.json'))).toBe(false);
});

it.each<NodeJS.Signals>(['SIGINT', 'SIGTERM'])(
  'a replay that is interrupted by %s ends at once and says so',
  async (signal) => {
    const cwd = await temporaryFolder();
    await writeRecording(join(cwd, 'fleet.ndjson'), minuteOfAFleet().arrivals);
    const path = await pathWithoutJava(cwd);
    const { child, line, ended } = startCommand(['replay', 'fleet.ndjson', '--speed', '1x'], { cwd, path });
    // Written when everything has been started.
    await line(/in-memory stores serve/);
    child.kill(signal);
    const { code, stdout, stderr } = await ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr.split('\n').slice(1)).toEqual(['tidemill: interrupted', '']);
    await expectNothingLeft(cwd);
  },
);

describe('a server that dies in mid-replay ends it in words', () => {
  it.each([
    ['DynamoDB Local', 'DynamoDBLocal.jar'],
    ['Kinesis (kinesalite)', 'kinesis-server-main.ts'],
  ])('%s', async (name, program) => {
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
  });
});

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

function minuteOfAFleet(): Simulation {
  const startMs = 1_760_000_000_000;
  return simulateIotFleet({ seed: 5, startMs, endMs: startMs + 60_000, devices: 20 });
}
