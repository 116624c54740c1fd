// What API Gateway hands to a function behind a REST API, and what it takes back: the part of it that is used.

export interface RestEvent {
  /** The path as the API has it: `/v1/sources/{source}`. */
  readonly resource: string;
  readonly httpMethod: string;
  /** As they were sent, whatever case. */
  readonly headers: Readonly<Record<string, string>> | null;
  /** Percent-encoded still. */
  readonly pathParameters: Readonly<Record<string, string>> | null;
  /** Decoded. */
  readonly multiValueQueryStringParameters: Readonly<Record<string, readonly string[]>> | null;
}

export interface RestAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
