// What API Gateway hands to a function behind a REST API, and what it takes back: the part of it that is used.

export interface RestEvent {
  /** The path as the API has it: `/v1/sources/{source}`. */
  readonly resource: string;
  readonly httpMethod: string;
  /** Without the stage, percent-encoded as it was sent; behind a domain of one's own it may have parts before. */
  readonly path: string;
  /** As they were sent, whatever case. */
  readonly headers: Readonly<Record<string, string>> | null;
  /** Decoded. */
  readonly multiValueQueryStringParameters: Readonly<Record<string, readonly string[]>> | null;
}

/** What stands in the path where the resource has `{name}`, still percent-encoded. */
export function pathParametersOf({ resource, path }: RestEvent): Readonly<Record<string, string>> {
  const names = resource.split('/');
  const parts = path
    .replace(/\/$/, '')
    .split('/')
    .slice(-names.length + 1);
  return Object.fromEntries(
    names
      .slice(1)
      .flatMap((name, at) => (name.startsWith('{') ? [[name.slice(1, -1), parts[at] ?? '']] : [])),
  );
}

export interface RestAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
