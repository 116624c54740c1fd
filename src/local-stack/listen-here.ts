import type { Server } from 'node:http';
import { forOwnClients } from './own-clients.ts';

export interface ListeningServer {
  /** `http://127.0.0.1:port` */
  readonly endpoint: string;
  /** Resolves when nothing listens any more; whatever is under way is cut off. */
  stop(): Promise<void>;
}

/** Lets a server listen on a free port of this machine alone, for the run's own clients. `name`: for its error. */
export async function listenHere(server: Server, name: string, accessKey?: string): Promise<ListeningServer> {
  forOwnClients(server, accessKey);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error(`${name} has no port`);
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
