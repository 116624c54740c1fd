// One request to a REST API, read whole: what the steps of the gateway look at.
import type { IncomingMessage } from 'node:http';

export interface RestRequest {
  readonly requestId: string;
  readonly httpMethod: string;
  /** Without the stage, as it came: percent-encoded. */
  readonly path: string;
  /** Decoded; undefined until a method was found. */
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly query: ReadonlyMap<string, readonly string[]>;
  /** Names as they came. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly receivedMs: number;
}

/** API Gateway's limit for a request's body. */
const PAYLOAD_LIMIT_BYTES = 10 * 1024 * 1024;

export async function readBody(request: IncomingMessage): Promise<Buffer | 'too-large'> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('a request body comes as bytes');
    size += chunk.length;
    // Read to its end all the same, so that the answer reaches a client that is still writing.
    if (size <= PAYLOAD_LIMIT_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return size > PAYLOAD_LIMIT_BYTES ? 'too-large' : Buffer.concat(chunks);
}

export function headersOf(request: IncomingMessage): ReadonlyMap<string, readonly string[]> {
  const headers = new Map<string, string[]>();
  const names = new Map<string, string>();
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] ?? '';
    const first = names.get(name.toLowerCase()) ?? name;
    names.set(name.toLowerCase(), first);
    headers.set(first, [...(headers.get(first) ?? []), request.rawHeaders[i + 1] ?? '']);
  }
  return headers;
}

export function queryOf(search: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(search))
    query.set(name, [...(query.get(name) ?? []), value]);
  return query;
}

/** The last value of a header, whatever its capitals. */
export function headerOf(headers: RestRequest['headers'], name: string): string | undefined {
  const wanted = name.toLowerCase();
  for (const [each, values] of headers) if (each.toLowerCase() === wanted) return values.at(-1);
  return undefined;
}

/** The last value of each, as API Gateway's single-valued maps have it; null without any. */
export function singleValues(
  all: ReadonlyMap<string, readonly string[]>,
): Readonly<Record<string, string>> | null {
  return all.size === 0
    ? null
    : Object.fromEntries([...all].map(([name, values]) => [name, values.at(-1) ?? '']));
}
