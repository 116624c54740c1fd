// What a user sees when the machine gets in the way: a port that is taken, a server that dies.
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { writeRecording } from '../../producers/simulators/recording.ts';
import { failing } from '../support/failing-command.ts';
import { minuteOfAFleet } from '../support/minute-of-a-fleet.ts';
import { expectNothingLeft, pathWithoutJava, startCommand } from '../support/run-command.ts';
import { expectServerDeathTold } from '../support/server-death.ts';
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

it('a server that dies in mid-replay ends it in words', async () => {
  await expectServerDeathTold('DynamoDB Local', 'DynamoDBLocal.jar');
});
