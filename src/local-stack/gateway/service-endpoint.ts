// The services that integrations call, where the local run has them.

export interface ServiceCall {
  readonly service: string;
  readonly action: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

export interface ServiceAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Rejects when there is no answer. */
export type CallService = (call: ServiceCall) => Promise<ServiceAnswer>;

const TARGETS: Readonly<Record<string, string>> = { kinesis: 'Kinesis_20131202' };

/** `endpoints`: `AWS_ENDPOINT_URL_*` by name. `accessKey`: which they ask for; default: they take any. */
export function callLocalServers(
  endpoints: Readonly<Record<string, string>>,
  region: string,
  accessKey = 'local',
): CallService {
  return async ({ service, action, headers, body, signal }) => {
    const endpoint = endpoints[`AWS_ENDPOINT_URL_${service.toUpperCase()}`];
    const target = TARGETS[service];
    if (endpoint === undefined || target === undefined) {
      throw new Error(`found the service ${service}, expected ${Object.keys(TARGETS).join(', ')}`);
    }
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        ...headers,
        // Local servers ask for a signature and look at its key alone.
        authorization: `AWS4-HMAC-SHA256 Credential=${accessKey}/20200101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=none`,
        'x-amz-date': '20200101T000000Z',
        'x-amz-target': `${target}.${action}`,
      },
      body,
      signal,
    });
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() };
  };
}
