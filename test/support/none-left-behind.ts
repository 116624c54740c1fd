import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { untilNoneIn } from './own-processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const MAIN = fileURLToPath(new URL('./processes-left-alone.ts', import.meta.url));

/** A process that has started both servers and a function is ended so: they go with it, and what they kept in folders. */
export async function expectNoneLeftBehind(signal: NodeJS.Signals): Promise<void> {
  const folder = await temporaryFolder();
  const parent = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: folder,
    env: { ...process.env, TMPDIR: folder },
  });
  const [line] = await once(createInterface({ input: parent.stdout }), 'line');
  const endpoints: string[] = JSON.parse(line);
  // A connection to each of them ends with it.
  const sockets = endpoints.map((endpoint) => {
    const { hostname, port } = new URL(endpoint);
    return connect(Number(port), hostname)
      .resume()
      .on('error', () => {});
  });
  await Promise.all(sockets.map((socket) => once(socket, 'connect')));
  const ends = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
  parent.kill(signal);
  expect(await Promise.all(ends)).toHaveLength(3);
  await untilNoneIn(folder);
  expect(await readdir(folder)).toEqual([]);
}
