// Starts the local Kinesis server in a process of its own.
import { fileURLToPath } from 'node:url';
import { claimPort, type LocalServer, startFailure, watchServer } from './local-server.ts';
import { spawnOwned } from './owned-process.ts';
import { isObject } from './property.ts';
import { LOCAL_ACCOUNT_ID } from './template.ts';

export interface KinesisServerOptions {
  readonly region: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Keeps streams and records here; default: in memory, gone with the server. */
  readonly dataFolder?: string;
}

/**
 * Resolves when the server answers, on the loopback interface. Clients must use HTTP/1.1: `new NodeHttpHandler({})`.
 * Throws when the port is taken or the server does not start.
 */
export async function startKinesisServer(options: KinesisServerOptions): Promise<LocalServer> {
  const wanted = options.port === undefined ? 0 : await claimPort(SERVER, options.port);
  const folder = options.dataFolder === undefined ? [] : [options.dataFolder];
  const child = await spawnOwned(process.execPath, [MAIN, String(wanted), ...folder], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { AWS_REGION: options.region, AWS_ACCOUNT_ID: LOCAL_ACCOUNT_ID },
  });
  const { died, stop } = watchServer(SERVER, child);
  const listening = new Promise<number>((resolve) => {
    child.once('message', (message) => {
      if (isObject(message) && typeof message['port'] === 'number') resolve(message['port']);
    });
  });
  const outcome = await Promise.race([listening, died]);
  if (typeof outcome !== 'number') throw startFailure(outcome);
  return { endpoint: `http://127.0.0.1:${outcome}`, pid: child.pid, died, stop };
}

const SERVER = 'Kinesis (kinesalite)';
const MAIN = fileURLToPath(new URL('./kinesis-server-main.ts', import.meta.url));
