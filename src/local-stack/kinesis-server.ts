// Starts the local Kinesis server in a process of its own.
import { fileURLToPath } from 'node:url';
import { LOCAL_ACCOUNT_ID } from './local-names.ts';
import { claimPort, type LocalServer, startFailure, watchServer } from './local-server.ts';
import { spawnOwned } from './owned-process.ts';
import { isObject } from './property.ts';
import { siblingOf } from './sibling-of.ts';

export interface KinesisServerOptions {
  readonly region: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Keeps streams and records here; default: in memory, gone with the server. */
  readonly dataFolder?: string;
  /** What clients must give as access key id; default: any. */
  readonly accessKey?: string;
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
    env: {
      AWS_REGION: options.region,
      AWS_ACCOUNT_ID: LOCAL_ACCOUNT_ID,
      ...(options.accessKey === undefined ? {} : { ACCESS_KEY: options.accessKey }),
    },
  });
  const { died, stop } = watchServer(SERVER, child);
  const listening = new Promise<number>((resolve) => {
    child.once('message', (message) => {
      if (isObject(message) && typeof message['port'] === 'number') resolve(message['port']);
    });
  });
  const port = await Promise.race([listening, died]);
  if (typeof port !== 'number') throw startFailure(port);
  const endpoint = `http://127.0.0.1:${port}`;
  const death = await untilAnswered(endpoint, options, died);
  if (death !== 'answered') throw startFailure(death);
  return { endpoint, pid: child.pid, died, stop };
}

const SERVER = 'Kinesis (kinesalite)';
const MAIN = fileURLToPath(siblingOf(import.meta.url, 'kinesis-server-main'));

/** It listens before it has opened its data folder, and ends when it cannot: an answer means that it could. */
async function untilAnswered<Death>(
  endpoint: string,
  { region, accessKey = 'local' }: KinesisServerOptions,
  died: Promise<Death>,
): Promise<'answered' | Death> {
  const scope = `Credential=${accessKey}/20200101/${region}/kinesis/aws4_request`;
  const request = fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=none`,
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-date': '20200101T000000Z',
      'x-amz-target': 'Kinesis_20131202.ListStreams',
    },
    body: '{}',
  });
  // A broken connection means that the server has ended; `died` reports that with its last output.
  const answered = request.then(() => 'answered' as const).catch(() => died);
  return Promise.race([answered, died]);
}
