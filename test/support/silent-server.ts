import { createServer, type Socket } from 'node:net';

export interface SilentServer {
  readonly endpoint: string;
  /** Connections that were accepted. */
  readonly accepted: () => number;
  close(): Promise<void>;
}

/** Accepts every connection on 127.0.0.1, takes what comes and answers with `beginning`, of which no end ever comes. */
export async function startSilentServer(beginning = ''): Promise<SilentServer> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    // A client that gives up may end the connection hard.
    socket.on('error', () => {});
    socket.once('data', () => socket.write(beginning));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server listens on no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    accepted: () => sockets.length,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
