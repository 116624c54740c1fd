// The HTTP door as the stack has it, without a server: requests are handed to the gateway's own code, under whatever answers to what is
// not known of API Gateway, and what lands in the stream is read.
import { MemoryStream } from '../../src/event-source/memory-stream.ts';
import { callMemoryStreams } from '../../src/local-stack/gateway/memory-service.ts';
import type { OpenQuestions } from '../../src/local-stack/gateway/open-questions.ts';
import { createServeRest } from '../../src/local-stack/gateway/serve-rest.ts';
import { LOCAL_ACCOUNT_ID } from '../../src/local-stack/local-names.ts';
import { type DoorOptions, doorTemplate } from './door.ts';
import { doorAuthorizer } from './door-authorizer.ts';
import { localSystemOf, outcomeOf } from './local-gateway.ts';

/** A record: its partition key, and its data as JSON. */
export interface Landed {
  readonly key: string;
  readonly record: unknown;
}

export interface PostedRequest {
  readonly body: string;
  /** Without the stage. */
  readonly path: string;
  /** Beside those of JSON with the token; undefined: it is not sent. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly token: string | undefined;
}

export type DoorInProcess = ReturnType<typeof doorInProcess>;

export function doorInProcess(options: Pick<DoorOptions, 'routes'>) {
  const system = localSystemOf(doorTemplate(options));
  const nowMs = () => Date.parse('2026-11-24T12:00:00Z');
  const { authorize, issue } = doorAuthorizer(system, nowMs);
  const [api] = system.restApis;
  if (api === undefined) throw new Error('found no API in the template');
  return {
    issue,
    /** A door of its own; `landed` gives what has come into its stream since it was last asked. */
    under(answers: Partial<OpenQuestions>) {
      const records: Landed[] = [];
      const clock = { nowMs, sleep: async () => {} };
      const streams = new Map(
        system.streams.map(({ name }) => [name, new MemoryStream({ kind: 'kinesis', clock, shards: 1 })]),
      );
      const call = callMemoryStreams(streams);
      let ids = 0;
      const serve = createServeRest(api, {
        invoke: (_, payload) => outcomeOf(authorize, payload),
        callService: async (asked) => {
          const answer = await call(asked);
          if (answer.status === 200) records.push(landedOf(asked.body));
          return answer;
        },
        answers,
        policies: system.policies,
        region: 'us-east-1',
        accountId: LOCAL_ACCOUNT_ID,
        nowMs,
        newId: () => `id-${++ids}`,
        onAccess: () => {},
        onFailure: () => {},
      });
      return {
        landed: () => records.splice(0),
        post: ({ body, path, headers, token }: PostedRequest) => {
          const own = token === undefined ? {} : { Authorization: `Bearer ${token}` };
          const sent = { 'Content-Type': 'application/json', ...own, ...headers };
          return serve({
            requestId: `request-${++ids}`,
            httpMethod: 'POST',
            path,
            query: new Map(),
            headers: new Map(
              Object.entries(sent).flatMap(([name, value]) => (value === undefined ? [] : [[name, [value]]])),
            ),
            body: Buffer.from(body),
            sourceIp: '127.0.0.1',
            receivedMs: nowMs(),
          });
        },
      };
    },
  };
}

function landedOf(putRecord: string): Landed {
  const { PartitionKey: key, Data: data } = JSON.parse(putRecord);
  return { key, record: JSON.parse(Buffer.from(data, 'base64').toString('utf8')) };
}
