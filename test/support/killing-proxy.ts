// Stands between a process and DynamoDB and counts writes. At one of them the process is to be killed: before the table has it, or when it
// is done and the process does not know.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type ListeningServer, listenHere } from '../../src/local-stack/listen-here.ts';

export interface KillAt {
  /** Counted from 1. */
  readonly write: number;
  readonly is: 'sent' | 'done';
}

/** `at` undefined: it lives. */
export async function startKillingProxy(
  target: string,
  at: KillAt | undefined,
  kill: () => void,
): Promise<ListeningServer> {
  let count = 0;
  const server = createServer((incoming, response) => {
    const isWrite = !READS.test(String(incoming.headers['x-amz-target']));
    if (isWrite) count += 1;
    const dies = isWrite && at?.write === count ? at.is : undefined;
    if (dies === 'sent') kill();
    else forward(target, incoming, response, dies === 'done' ? kill : undefined);
  });
  return await listenHere(server, 'the proxy');
}

const READS = /\.(BatchGetItem|DescribeTable|GetItem|Query|Scan)$/;

function forward(
  target: string,
  incoming: IncomingMessage,
  response: ServerResponse,
  kill: (() => void) | undefined,
): void {
  const { method, headers, url = '/' } = incoming;
  const asked = request(new URL(url, target), { method, headers }, (answer) => {
    buffer(answer).then(
      (body) => {
        if (kill !== undefined) kill();
        else response.writeHead(answer.statusCode ?? 502, answer.headers).end(body);
      },
      (error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });
  asked.once('error', (error) => response.destroy(error));
  incoming.pipe(asked);
}
