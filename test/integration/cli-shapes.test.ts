// Files in other forms by the real command: looked at, replayed, refused with what to do.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runHere } from '../support/command-here.ts';
import { pathWithoutJava, runCommand } from '../support/run-command.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const UPLINKS = Array.from({ length: 30 }, (_, at) => ({
  result: {
    end_device_ids: { device_id: `dev-${at % 3}`, application_ids: { application_id: 'app' } },
    uplink_message: {
      received_at: new Date(1_772_352_000_000 + at * 10_000).toISOString(),
      decoded_payload: { temperature: `${20 + at / 10} °C`, battery: 3.3, state: 'OK' },
    },
  },
}));

test('shape shows what it makes of a file, and what it does not take', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'uplinks.ndjson'), UPLINKS.map((each) => JSON.stringify(each)).join('\n'));
  const { code, stdout } = await runHere(['shape', 'uplinks.ndjson', '--json'], { cwd: folder });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    shapes: [{ name: 'the-things-stack', events: 30 }],
    events: 30,
    sources: 3,
    withoutId: 0,
    notTaken: [{ path: 'state', reason: 'not a number', count: 30 }],
  });
});

test('a proposal reads the file it is made for', async () => {
  const folder = await temporaryFolder();
  await writeFile(
    join(folder, 'air.csv'),
    'Date,Time,station,co\n13/03/2026,8:00:00,north,2.6\n13/03/2026,9:00:00,south,2\n',
  );
  const { code, stdout, stderr } = await runHere(['shape', 'air.csv', '--guess'], { cwd: folder });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).shapes[0]).toMatchObject({
    format: 'csv',
    source: 'station',
    time: { path: '{Date} {Time}', as: 'd/M/yyyy H:mm:ss', zone: 'UTC' },
  });
  expect(stderr).toMatch(/look at time: the texts state no zone; UTC is a guess/);
  expect(stderr).toMatch(/2 of 2 sources, 0 refused/);
});

test('of a form that a built-in shape knows its name is proposed', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'uplinks.ndjson'), UPLINKS.map((each) => JSON.stringify(each)).join('\n'));
  const { code, stdout, stderr } = await runHere(['shape', 'uplinks.ndjson', '--guess'], { cwd: folder });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ shapes: ['the-things-stack'] });
  expect(stderr).toContain('30 of 3 sources, 0 refused');
});

test('a replay through a shape comes to the windows of the events', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'uplinks.ndjson'), UPLINKS.map((each) => JSON.stringify(each)).join('\n'));
  const pipeline = { aggregations: [{ name: 'm', window: { tumbling: '60s' }, allowedLateness: '1h' }] };
  await writeFile(join(folder, 'pipeline.json'), JSON.stringify(pipeline));
  const args = [
    'replay',
    'uplinks.ndjson',
    '--shape',
    'the-things-stack',
    '--pipeline',
    'pipeline.json',
    '--json',
  ];
  const { code, stdout } = await runCommand([...args, '--shards', '2', '--windows-out', 'out.csv'], {
    cwd: folder,
    path: await pathWithoutJava(folder),
  });
  expect(JSON.parse(stdout)).toMatchObject({ received: 30, applied: 30, balanced: true });
  expect(code).toBe(0);
  const rows = (await readFile(join(folder, 'out.csv'), 'utf8')).trim().split('\n').slice(1);
  const sums = new Map<string, number>();
  for (const [at, { result }] of UPLINKS.entries()) {
    const minute = 1_772_352_000_000 + Math.floor((at * 10) / 60) * 60_000;
    const key = `${result.end_device_ids.device_id},temperature,${minute}`;
    sums.set(key, (sums.get(key) ?? 0) + 20 + at / 10);
  }
  const found = rows.map((row) => row.split(',')).filter(([, metric]) => metric === 'temperature');
  expect(found).toHaveLength(sums.size);
  for (const [source, metric, start, , , sum] of found)
    expect(Number(sum)).toBeCloseTo(sums.get(`${source},${metric},${start}`) ?? Number.NaN, 9);
});

test('what is no recording is told what it looks like, and what to do', async () => {
  const folder = await temporaryFolder();
  const replay = async (name: string, content: string, ...args: string[]) => {
    await writeFile(join(folder, name), content);
    return await runHere(['replay', name, ...args], { cwd: folder });
  };
  const csv = await replay('a.csv', 'time,device,t\n2026-03-01T08:00:00Z,a,1\n');
  expect(csv.code).toBe(1);
  expect(csv.stderr).toContain('It looks like csv: try --shape csv');
  const lp = await replay('a.lp', 'cpu,host=a usage=1 1772352000000000000\n');
  expect(lp.stderr).toContain('It looks like line-protocol: try --shape line-protocol');
  const uplinks = await replay('u.json', JSON.stringify(UPLINKS[0]));
  expect(uplinks.stderr).toContain('It looks like the-things-stack');
  const foreign = await replay('f.json', '{"machine": 7, "at": 1772352000, "load": 0.5}');
  expect(foreign.stderr).toContain('No built-in shape reads it; tidemill shape f.json --guess');
  const named = await replay('n.csv', 'a,b\n1,2\n', '--shape', 'cvs');
  expect(named.code).toBe(2);
  expect(named.stderr).toMatch(/--shape: found "cvs", expected one of .*csv/);
});

test('a replay that applies nothing fails, and says why', async () => {
  const folder = await temporaryFolder();
  const data = (text: string) => Buffer.from(text).toString('base64');
  const record = (at: number, text: string) => ({
    kinesis: {
      partitionKey: 'k',
      sequenceNumber: `${100 + at}`,
      data: data(text),
      approximateArrivalTimestamp: 1_480_641_523 + at * 200_000,
    },
    eventID: `shardId-000000000000:${100 + at}`,
  });
  // Recorded over days: in time when they were recorded, however long ago that was.
  await writeFile(
    join(folder, 'hello.json'),
    JSON.stringify({ Records: [record(0, 'Hello World'), record(1, 'Hello World')] }),
  );
  const { code, stdout } = await runCommand(['replay', 'hello.json'], {
    cwd: folder,
    path: await pathWithoutJava(folder),
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/quarantined +2 not-json, e\.g\. data: found "Hello World", expected JSON/);
});

test.each([
  ['an empty file', 'e.ndjson', Buffer.from(''), /found nothing to replay, expected events or records\n$/],
  ['an empty list', 'e.json', Buffer.from('[]'), /found nothing to replay/],
  [
    'text in UTF-16',
    'w.ndjson',
    Buffer.from('\ufeff{"a":1}', 'utf16le'),
    /found text in UTF-16, expected UTF-8/,
  ],
  ['a page', 'p.json', Buffer.from('<!DOCTYPE html><p>404'), /found an HTML page, expected data/],
])('%s is refused in one line, and nothing is started', async (_, name, content, message) => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, name), content);
  const { code, stderr } = await runHere(['replay', name], { cwd: folder });
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^tidemill: [^\n]+\n$/);
});

test('shape takes states that the pipeline asks for, and tells of times whose zone is a guess', async () => {
  const folder = await temporaryFolder();
  const pipeline = {
    aggregations: [{ name: 'm', window: { tumbling: '60s' }, states: [{ of: 'POWER' }] }],
    shapes: ['tasmota'],
  };
  await writeFile(join(folder, 'pipeline.json'), JSON.stringify(pipeline));
  const line = (time: string) => JSON.stringify({ Time: time, ENERGY: { Power: 12 }, POWER: 'ON' });
  await writeFile(
    join(folder, 'plug.ndjson'),
    ['2026-03-01T08:00:00', '2026-03-01T08:01:00Z'].map(line).join('\n'),
  );
  const { stdout } = await runHere(['shape', 'plug.ndjson', '--pipeline', 'pipeline.json', '--json'], {
    cwd: folder,
  });
  expect(JSON.parse(stdout)).toMatchObject({
    first: [{ states: { POWER: 'ON' } }, { states: { POWER: 'ON' } }],
    suspicious: [{ count: 1, text: 'times that state no zone, read as UTC' }],
  });
});

test('a guess knows forms that state no time, and proposes another shape where a known one takes no value', async () => {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'plug.json'), '{"linkquality":120,"power":3.5}');
  const plug = await runHere(['shape', 'plug.json', '--guess'], { cwd: folder });
  expect(JSON.parse(plug.stdout)).toEqual({ shapes: ['zigbee2mqtt'] });
  expect(plug.stderr).toContain('plug.json: no event states a time; --at TIME says when they arrived');
  await writeFile(join(folder, 'd.csv'), 'time;sensor_id;t\n2026-03-01T08:00:00Z;77;21,5\n');
  const comma = await runHere(['shape', 'd.csv', '--guess'], { cwd: folder });
  expect(JSON.parse(comma.stdout).shapes).toMatchObject([
    { format: 'csv', source: 'sensor_id', values: [{ text: 'number', decimalComma: true }] },
  ]);
  expect([plug.code, comma.code]).toEqual([0, 0]);
});
