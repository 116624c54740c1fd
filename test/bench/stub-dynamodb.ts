// The SDK's own client, serialising and signing as ever, whose HTTP ends here: every request is kept and answered as by
// tables that hold nothing and refuse nothing. What a case has sent is read when the clock stands still.
import { Readable } from 'node:stream';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';

/** Of the SDK's request what the answer depends on. */
interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface SentRequest {
  readonly operation: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const EMPTY = Buffer.from('{}');

export class StubDynamoDb {
  readonly client: DynamoDBClient;
  #requests: HttpRequest[] = [];
  /** By number of statements. */
  readonly #statementAnswers = new Map<number, Buffer>();

  /** `create`: makes the client; the SDK's own by default. Region and credentials come from the environment. */
  constructor(create = (config: DynamoDBClientConfig) => new DynamoDBClient(config)) {
    this.client = create({ requestHandler: { handle: (request: HttpRequest) => this.handle(request) } });
  }

  /** How many requests have come since they were last taken. */
  get calls(): number {
    return this.#requests.length;
  }

  /** The requests that have come since they were last taken. */
  takeRequests(): SentRequest[] {
    const taken = this.#requests.map((request) => ({
      operation: operationOf(request),
      body: JSON.parse(textOf(request.body)),
    }));
    this.#requests = [];
    return taken;
  }

  async handle(request: HttpRequest) {
    this.#requests.push(request);
    const body = this.#answer(request);
    const headers = { 'content-type': 'application/x-amz-json-1.0', 'content-length': String(body.length) };
    return { response: { statusCode: 200, headers, body: streamOf(body) } };
  }

  #answer(request: HttpRequest): Buffer {
    const operation = operationOf(request);
    switch (operation) {
      case 'BatchExecuteStatement':
        return this.#statementAnswer(countOf('"Statement":', textOf(request.body)));
      case 'BatchGetItem':
        return Buffer.from('{"Responses":{},"UnprocessedKeys":{}}');
      case 'PutItem':
      case 'UpdateItem':
        return EMPTY;
      default:
        throw new Error(`found the operation ${operation}, expected one that the cases use`);
    }
  }

  #statementAnswer(statements: number): Buffer {
    let answer = this.#statementAnswers.get(statements);
    if (answer === undefined) {
      const Responses = Array.from({ length: statements }, () => ({ TableName: 'sources' }));
      answer = Buffer.from(JSON.stringify({ Responses }));
      this.#statementAnswers.set(statements, answer);
    }
    return answer;
  }
}

function operationOf({ headers }: HttpRequest): string {
  return String(headers['x-amz-target']).split('.')[1] ?? '';
}

function textOf(body: unknown): string {
  return body instanceof Uint8Array
    ? Buffer.from(body.buffer, body.byteOffset, body.length).toString()
    : String(body);
}

function countOf(part: string, text: string): number {
  let count = 0;
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + part.length)) count += 1;
  return count;
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
