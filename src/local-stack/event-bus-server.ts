// A server in this process that speaks as much of EventBridge's API as the publisher asks of it: PutEvents.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ListeningServer, listenHere } from './listen-here.ts';
import { asArray, asObject, asText } from './property.ts';

export interface BusEntry {
  readonly source: string;
  readonly detailType: string;
  /** JSON. */
  readonly detail: string;
}

/** What takes the events that functions put: at most ten at a time. */
export interface EventTaker {
  /** One answer an entry, in order: undefined, or why it was not taken. */
  put(entries: readonly BusEntry[]): Promise<readonly (string | undefined)[]>;
}

export async function startEventBusServer(bus: EventTaker, accessKey?: string): Promise<ListeningServer> {
  const server = createServer((request, response) => {
    answer(request, bus).then(
      (body) => send(response, 200, body),
      (error: unknown) => send(response, 400, { __type: 'ValidationException', message: String(error) }),
    );
  });
  return await listenHere(server, 'the event bus', accessKey);
}

const PUT_EVENTS = 'AWSEvents.PutEvents';

async function answer(request: IncomingMessage, bus: EventTaker): Promise<object> {
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
