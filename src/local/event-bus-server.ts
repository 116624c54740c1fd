// A server in this process that speaks as much of EventBridge's API as the publisher asks of it: PutEvents.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { EventBus } from '../platform/event-bus.ts';
import { asArray, asObject, asText } from './property.ts';

export interface EventBusServer {
  readonly endpoint: string;
  /** Resolves when nothing listens any more. */
  stop(): Promise<void>;
}

export async function startEventBusServer(bus: EventBus): Promise<EventBusServer> {
  const server = createServer((request, response) => {
    answer(request, bus).then(
      (body) => send(response, 200, body),
      (error: unknown) => send(response, 400, { __type: 'ValidationException', message: String(error) }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the event bus has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const PUT_EVENTS = 'AWSEvents.PutEvents';

async function answer(request: IncomingMessage, bus: EventBus): Promise<object> {
  const target = request.headers['x-amz-target'];
  if (target !== PUT_EVENTS) throw new Error(`found the operation ${String(target)}, expected ${PUT_EVENTS}`);
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = asObject(JSON.parse(Buffer.concat(chunks).toString('utf8')), 'PutEvents');
  const entries = asArray(body['Entries'], 'Entries').map((value) => {
    const entry = asObject(value, 'Entries');
    return {
      source: asText(entry['Source'], 'Source'),
      detailType: asText(entry['DetailType'], 'DetailType'),
      detail: asText(entry['Detail'], 'Detail'),
    };
  });
  if (entries.length < 1 || entries.length > MAX_ENTRIES) {
    throw new Error(`found ${entries.length} entries, expected 1 to ${MAX_ENTRIES}`);
  }
  const results = await bus.put(entries);
  return {
    FailedEntryCount: results.filter((reason) => reason !== undefined).length,
    Entries: results.map((reason) =>
      reason === undefined
        ? { EventId: crypto.randomUUID() }
        : { ErrorCode: 'InternalFailure', ErrorMessage: reason },
    ),
  };
}

/** As EventBridge has it. */
const MAX_ENTRIES = 10;

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}
