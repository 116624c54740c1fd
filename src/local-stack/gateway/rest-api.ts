// A REST API (v1) as the template says it: what the local gateway serves.

export interface RestApi {
  readonly logicalId: string;
  /** What metrics call it. */
  readonly name: string;
  /** What `Ref` gives; part of the ARNs that policies and permissions name. */
  readonly id: string;
  readonly stage: Stage;
  readonly methods: readonly RestMethod[];
  /** By response type, e.g. `THROTTLED`. */
  readonly gatewayResponses: ReadonlyMap<string, GatewayResponse>;
  readonly usagePlans: readonly UsagePlan[];
  /** Bodies of these types are bytes: base64 in events and templates. */
  readonly binaryMediaTypes: readonly string[];
  /** All of the API, by name. */
  readonly models: ReadonlyMap<string, object>;
  readonly apiKeySource: 'HEADER' | 'AUTHORIZER';
}

export interface Stage {
  readonly name: string;
  readonly variables: Readonly<Record<string, string>>;
  /** The first that fits a method applies. */
  readonly throttles: readonly (Throttle & { readonly path: string; readonly httpMethod: string })[];
  readonly accessLogFormat: string | undefined;
}

export interface Throttle {
  /** Requests a second; undefined: no limit of its own. */
  readonly rate: number | undefined;
  readonly burst: number | undefined;
}

export interface RestMethod {
  readonly logicalId: string;
  /** `GET`, `POST`, …, or `ANY`. */
  readonly httpMethod: string;
  /** With `{names}`; the last part may be `{name+}`. */
  readonly path: string;
  readonly authorization: Authorization;
  readonly apiKeyRequired: boolean;
  /** JSON schema by content type, or `$default`; empty: bodies are not validated. */
  readonly models: ReadonlyMap<string, object>;
  /** Names such as `method.request.querystring.from` that a request must have. */
  readonly requiredParameters: readonly string[];
  readonly integration: Integration;
}

export type Authorization =
  | { readonly kind: 'none' }
  | { readonly kind: 'authorizer'; readonly authorizer: Authorizer };

export interface Authorizer {
  readonly logicalId: string;
  readonly id: string;
  readonly type: 'TOKEN' | 'REQUEST';
  readonly functionArn: string;
  readonly invocation: InvocationRight;
  /** e.g. `method.request.header.Authorization`. */
  readonly identitySources: readonly string[];
  readonly cacheTtlMs: number;
  readonly identityPattern: string | undefined;
}

/** By which right API Gateway invokes a function: a role it takes, or else the function's own permission. */
export type InvocationRight =
  | { readonly kind: 'role'; readonly roleArn: string }
  | { readonly kind: 'function-permission' };

export type Integration =
  | {
      readonly kind: 'lambda-proxy';
      readonly functionArn: string;
      readonly invocation: InvocationRight;
      readonly timeoutMs: number;
    }
  | ({ readonly kind: 'aws-service'; readonly service: string; readonly action: string } & Mapped & {
        readonly roleArn: string;
      })
  | ({ readonly kind: 'mock' } & Mapped);

export interface Mapped {
  readonly requestTemplates: ReadonlyMap<string, string>;
  readonly passthrough: 'NEVER' | 'WHEN_NO_MATCH' | 'WHEN_NO_TEMPLATES';
  /** `integration.request.header.X` to a static value in quotes or a `method.request.*` name. */
  readonly requestParameters: Readonly<Record<string, string>>;
  readonly responses: readonly IntegrationResponse[];
  readonly timeoutMs: number;
}

export interface IntegrationResponse {
  readonly statusCode: string;
  /** Pattern for the backend's status; empty: this is the default response. */
  readonly selectionPattern: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly templates: ReadonlyMap<string, string>;
}

export interface GatewayResponse {
  readonly statusCode: number | undefined;
  readonly parameters: Readonly<Record<string, string>>;
  readonly templates: ReadonlyMap<string, string>;
}

export interface UsagePlan extends Throttle {
  readonly name: string;
  readonly keyValues: readonly string[];
}
