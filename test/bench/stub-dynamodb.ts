// The SDK's own client, serialising and signing as ever, whose HTTP ends here: every request is kept and answered as by
// tables that hold nothing and refuse nothing. What a case has sent is read when the clock stands still.
import { Readable } from 'node:stream';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** The part of the SDK's request that the answer depends on. */
interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SentRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const DONE = Buffer.from('{}');
/** For as many statements as a call may hold: counting them would take longer than reading what is too much. */
const STATEMENTS_DONE = Buffer.from(
  JSON.stringify({ Responses: Array.from({ length: 25 }, () => ({ TableName: 'sources' })) }),
);

export class StubDynamoDb {
  readonly client: DynamoDBClient;
  #calls = 0;
  #requests: HttpRequest[] = [];
  #aside: HttpRequest[] = [];

  readonly #stored: StoredItem;

  /**
   * `create`: makes the client; the SDK's own by default. Region and credentials come from the environment.
   * `stored`: what a table of sources holds; nothing by default.
   */
  constructor(
    create = (config: DynamoDBClientConfig) => new DynamoDBClient(config),
    stored: StoredItem = () => undefined,
  ) {
    this.#stored = stored;
    this.client = create({ requestHandler: { handle: (request: HttpRequest) => this.handle(request) } });
  }

  /** How many requests have come. */
  get calls(): number {
    return this.#calls;
  }

  /** Call it after each batch: bodies that stay where the case made them would be moved about while it is timed. */
  putAside(): void {
    for (const { headers, body } of this.#requests)
      this.#aside.push({ headers, body: Buffer.from(textOf(body)) });
    this.#requests = [];
  }

  /** The requests that have come since they were last taken. */
  takeRequests(): SentRequest[] {
    this.putAside();
    const taken = this.#aside.map((request) => ({
      operation: operationOf(request),
      body: JSON.parse(textOf(request.body)),
    }));
    this.#aside = [];
    return taken;
  }

  async handle(request: HttpRequest) {
    this.#calls += 1;
    this.#requests.push(request);
    const body = answerTo(request, this.#stored);
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'content-length': String(body.length) };
    return { response: { statusCode: 200, headers, body: streamOf(body) } };
  }
}

/** An item of a source as the API writes it. */
export type StoredItem = (source: string) => Readonly<Record<string, unknown>> | undefined;

function answerTo(request: HttpRequest, stored: StoredItem): Buffer {
  const operation = operationOf(request);
  switch (operation) {
    case 'BatchExecuteStatement':
      return STATEMENTS_DONE;
    case 'BatchGetItem':
      return found(JSON.parse(textOf(request.body)), stored);
    case 'PutItem':
    case 'UpdateItem':
      return DONE;
    default:
      throw new Error(`found the operation ${operation}, expected one that the cases use`);
  }
}

function found({ RequestItems }: { readonly RequestItems: Requested }, stored: StoredItem): Buffer {
  const Responses = Object.entries(RequestItems).map(([table, { Keys }]) => {
    const items = Keys.map(({ source }) => (source === undefined ? undefined : stored(source.S)));
    return [table, items.filter((item) => item !== undefined)] as const;
  });
  return Buffer.from(JSON.stringify({ Responses: Object.fromEntries(Responses), UnprocessedKeys: {} }));
}

type Requested = Readonly<
  Record<string, { readonly Keys: readonly { readonly source?: { readonly S: string } }[] }>
>;

function operationOf({ headers }: HttpRequest): string {
  return String(headers['x-amz-target']).split('.')[1] ?? '';
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array
    ? Buffer.from(body.buffer, body.byteOffset, body.length).toString()
    : String(body);
}

/** As the answer of a socket comes: a stream. */
function streamOf(body: Buffer): Readable {
  return new Readable({
    read() {
      this.push(body);
      this.push(null);
    },
  });
}
