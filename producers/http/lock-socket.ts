// A socket that a lock's owner listens on. Whether somebody does is known to the kernel, for processes of other containers
// too, and ends with the process, however it ends.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';

export function socketPath(folder: string, token: string): string {
  return join(folder, `lock-${token}.socket`);
}

/** Gives what ends it. Undefined where the file system has no sockets, or the path is too long for one. */
export async function listenForOthers(
  folder: string,
  token: string,
): Promise<(() => Promise<void>) | undefined> {
  const path = socketPath(folder, token);
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES) return undefined;
  const server = createServer((socket) => socket.destroy());
  server.unref();
  try {
    server.listen(path);
    await once(server, 'listening');
  } catch {
    return undefined;
  }
  return async () => {
    server.close();
    await once(server, 'close');
  };
}

export function isListening(folder: string, token: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath(folder, token));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => resolve(!('code' in error && NOBODY.has(String(error.code)))));
  });
}

/** The shortest bound of the systems that have them. */
const MAX_SOCKET_PATH_BYTES = 103;

/** No process listens there any more, or the file is gone: it is removed after the lock's owner has ended. */
const NOBODY = new Set(['ECONNREFUSED', 'ENOENT']);
