// What an integration is asked with, and what comes of it.
import type { GatewayResponseType, HttpAnswer } from './gateway-response.ts';
import type { TemplateInput } from './mapping-template.ts';
import type { OpenQuestions } from './open-questions.ts';
import type { RestMethod } from './rest-api.ts';
import type { RestRequest } from './rest-request.ts';
import type { JavaMap } from './vtl/java-values.ts';

export type IntegrationOutcome =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer; readonly backendStatus: number }
  | {
      readonly kind: 'problem';
      readonly type: GatewayResponseType;
      readonly why: string;
      readonly message?: string;
    };

export interface IntegrationRequest {
  readonly method: RestMethod;
  readonly request: RestRequest;
  /** Shared by both templates: what the request's has set in the context holds for the answer. */
  readonly input: TemplateInput & { readonly context: JavaMap };
  readonly answers: OpenQuestions;
}
