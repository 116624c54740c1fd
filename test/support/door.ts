// The HTTP door as the stack has it, on the local gateway: the real template, the real authorizer over tables in memory,
// and a stream of the test's choice.
import type { Template } from 'aws-cdk-lib/assertions';
import type { TidemillStackOptions } from '../../cdk/stacks/tidemill-stack.ts';
import type { TokenDesk, TokenOrder } from '../../src/cli/token-desk.ts';
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import { callMemoryStreams } from '../../src/local-stack/gateway/memory-service.ts';
import type { CallService } from '../../src/local-stack/gateway/service-endpoint.ts';
import type { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { type DoorAuthorizer, doorAuthorizer } from './door-authorizer.ts';
import { gatewayOverTemplate, type TestGateway, type TestGatewayOptions } from './local-gateway.ts';
import { synthesizedStack } from './synthesized-stack.ts';

export interface Door extends TestGateway {
  /** The address of the API with its stage. */
  readonly apiUrl: string;
  readonly desk: TokenDesk;
  readonly tokens: IssuedTokens;
  /** Log lines of the authorizer, as JSON. */
  readonly log: string[];
  readonly secrets: Map<string, string>;
  /** What is in the stream in memory, each record's data as text. */
  stored(): Promise<string[]>;
  issue(order: Partial<TokenOrder>): Promise<string>;
  post(body: string, token?: string, headers?: Record<string, string>, path?: string): Promise<DoorAnswer>;
}

export interface DoorAnswer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly body: string;
}

export interface DoorOptions extends TidemillStackOptions {
  readonly callService?: CallService;
  readonly requestTimeoutMs?: number;
  /** For bodies in other forms. */
  readonly routes?: readonly string[];
  /** Beside the authorizer. */
  readonly functions?: TestGatewayOptions['functions'];
  readonly observe?: TestGatewayOptions['observe'];
}

export async function openDoor({
  callService,
  requestTimeoutMs,
  functions,
  observe,
  ...stackOptions
}: DoorOptions = {}): Promise<Door> {
  let door: DoorAuthorizer | undefined;
  const streams = new Map<string, MemoryStream>();
  const gateway = await gatewayOverTemplate(doorTemplate(stackOptions), {
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
    callService: callService ?? ((call) => callMemoryStreams(streams)(call)),
    ...(observe === undefined ? {} : { observe }),
    functions: {
      ...functions,
      DoorAuthorize: async (event) => {
        if (door === undefined) throw new Error('the authorizer is not there yet');
        return await door.authorize(event);
      },
    },
  });
  const nowMs = () => gateway.clock.nowMs;
  for (const { name } of gateway.system.streams) {
    streams.set(
      name,
      new MemoryStream({ kind: 'kinesis', clock: { nowMs, sleep: async () => {} }, shards: 2 }),
    );
  }
  door = doorAuthorizer(gateway.system, nowMs);
  const { desk, tokens, log, secrets } = door;
  const apiUrl = `${gateway.url}/api`;
  return {
    ...gateway,
    apiUrl,
    desk,
    tokens,
    log,
    secrets,
    stored: async () => (await Promise.all([...streams.values()].map(textsIn))).flat(),
    issue: door.issue,
    async post(body, token, headers = {}, path = '/v1/events') {
      const answer = await fetch(`${apiUrl}${path}`, {
        method: 'POST',
        body,
        headers: {
          'Content-Type': 'application/json',
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
          ...headers,
        },
      });
      return {
        status: answer.status,
        retryAfter: answer.headers.get('retry-after'),
        body: await answer.text(),
      };
    },
  };
}

export async function textsIn(stream: MemoryStream): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of await stream.listShards()) {
    const opened = await stream.openIterator(id, { at: 'trim-horizon' });
    if (opened.kind !== 'open') throw new Error(`shard ${id}: ${opened.kind}`);
    const answer = await stream.read(id, opened.iterator, 1_000);
    if (answer.kind !== 'records') throw new Error(`shard ${id}: ${answer.kind}`);
    for (const { record } of answer.records) {
      if (!('kinesis' in record)) throw new Error('found a record that is none of Kinesis');
      found.push(Buffer.from(record.kinesis.data, 'base64').toString('utf8'));
    }
  }
  return found;
}

/** Synthesizing takes seconds: once for the same options. */
const templates = new Map<string, Template>();

export function doorTemplate(options: Parameters<typeof synthesizedStack>[0] = {}): Template {
  const key = JSON.stringify(options);
  const known = templates.get(key);
  if (known !== undefined) return known;
  const made = synthesizedStack(options);
  templates.set(key, made);
  return made;
}
