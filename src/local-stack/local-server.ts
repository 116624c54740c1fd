// What local servers have in common: they are watched while they run and stopped by their process id.
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

export interface LocalServer {
  /** e.g. `http://127.0.0.1:4567` */
  readonly endpoint: string;
  readonly pid: number;
  /** Resolves when the server ends without having been told to; never after `stop`. */
  readonly died: Promise<ServerDeath>;
  /** Resolves when the process is gone. May be repeated. */
  stop(): Promise<void>;
}

export interface ServerDeath {
  readonly server: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last lines it wrote, for the message that ends the run. */
  readonly lastLines: readonly string[];
}

export interface WatchedServer {
  readonly died: Promise<ServerDeath>;
  readonly stop: () => Promise<void>;
  readonly lastLines: readonly string[];
}

/** Follows a server's process from its start. `tidyUp`: once it is gone, whoever ended it. */
export function watchServer(
  server: string,
  child: ChildProcess,
  tidyUp: () => Promise<void> = async () => {},
): WatchedServer {
  const lastLines: string[] = [];
  for (const output of [child.stdout, child.stderr]) {
    if (output === null) continue;
    createInterface({ input: output }).on('line', (line) => {
      lastLines.push(line);
      if (lastLines.length > LINES_KEPT) lastLines.shift();
    });
  }
  let stopping = false;
  const { promise: died, resolve: tellDeath } = Promise.withResolvers<ServerDeath>();
  // `close` comes after `exit`, when all it wrote has been read.
  const closed = new Promise<void>((resolve, reject) => {
    child.once('close', (code, signal) => {
      tidyUp().then(resolve, reject);
      if (!stopping) tellDeath({ server, code, signal, lastLines });
    });
  });
  const stop = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGTERM');
    const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_GRACE_MS);
    await closed;
    clearTimeout(impatience);
  };
  return { died, stop, lastLines };
}

/** Enough for a Java stack trace's beginning and end. */
const LINES_KEPT = 40;

/** Time to put a data folder in order. */
const STOP_GRACE_MS = 5_000;

/** Throws when something listens on the port already. Port 0: gives a free one. */
export async function claimPort(server: string, port: number): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', (cause: NodeJS.ErrnoException) => reject(portError(server, port, cause)));
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address();
      const claimed = typeof address === 'object' && address !== null ? address.port : port;
      probe.close(() => resolve(claimed));
    });
  });
}

function portError(server: string, port: number, cause: NodeJS.ErrnoException): Error {
  const why =
    cause.code === 'EADDRINUSE'
      ? 'another process listens on it: end that one, or choose another port'
      : cause.message;
  return new Error(`${server} cannot use port ${port}: ${why}`, { cause });
}

/** The message of a server that ended before it answered. */
export function startFailure({ server, code, signal, lastLines }: ServerDeath): Error {
  const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
  return new Error(`${server} ended while starting (${how}). Its last words:\n${lastLines.join('\n')}`);
}
