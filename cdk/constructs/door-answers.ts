// What API Gateway answers by itself, in words of ours: what was found, what was expected, where, and when to try again.
import { type GatewayResponseOptions, ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway';
import { ENCODED_TYPES } from '../../src/core/shape/route-content-types.ts';
import { MAX_EVENTS_PER_REQUEST } from '../../src/platform/door.ts';

export function addDoorAnswers(api: RestApi): void {
  for (const [id, { type, status, body, headers }] of Object.entries(ANSWERS)) {
    const options: GatewayResponseOptions = {
      type,
      statusCode: String(status),
      templates: { 'application/json': templateOf(body) },
      ...(headers === undefined ? {} : { responseHeaders: headers }),
    };
    api.addGatewayResponse(id, options);
  }
}

/**
 * Variables stand outside of quotes: of those of the service, one alone is JSON text already, and none is known to be
 * escaped. So what the validator says in its own words, which has quotes in it, is not put into an answer.
 */
function templateOf(body: Answer['body']): string {
  return JSON.stringify(body).replaceAll(`"${MESSAGE}"`, MESSAGE);
}

/** The service's own message, as JSON text. */
const MESSAGE = '$context.error.messageString';

interface Answer {
  readonly type: ResponseType;
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
  readonly headers?: { [name: string]: string };
}

/** REQUEST_TOO_LARGE is not among them: the service takes no other words for it. */
const ANSWERS: Readonly<Record<string, Answer>> = {
  BadBody: {
    type: ResponseType.BAD_REQUEST_BODY,
    status: 400,
    body: {
      message: 'refused',
      where: 'body',
      found: 'no JSON, or no event that the schema takes',
      expected: `JSON: an event, an array of 1 to ${MAX_EVENTS_PER_REQUEST} events, or {"events": [...]}`,
    },
  },
  BadParameters: {
    type: ResponseType.BAD_REQUEST_PARAMETERS,
    status: 400,
    body: {
      message: 'refused',
      where: 'parameters',
      found: MESSAGE,
      expected: 'them all',
    },
  },
  Unauthorized: {
    type: ResponseType.UNAUTHORIZED,
    status: 401,
    body: {
      message: 'refused',
      where: 'header Authorization',
      found: 'no token that is valid here',
      expected: 'Bearer and a token that was issued for this, has not expired and is not revoked',
    },
    headers: { 'WWW-Authenticate': "'Bearer'" },
  },
  Denied: {
    type: ResponseType.ACCESS_DENIED,
    status: 403,
    body: {
      message: 'refused',
      where: 'token',
      found: 'a token that may not do this',
      expected: 'one that may, for the source it speaks for',
    },
  },
  MediaType: {
    type: ResponseType.UNSUPPORTED_MEDIA_TYPE,
    status: 415,
    body: {
      message: 'refused',
      where: 'header Content-Type',
      found: 'another type',
      expected: `application/json; routes of shapes take ${ENCODED_TYPES.join(', ')}, too`,
    },
  },
  Throttled: {
    type: ResponseType.THROTTLED,
    status: 429,
    body: { message: 'too many requests: nothing was stored, try again' },
    headers: { 'Retry-After': "'1'" },
  },
  NoAnswer: {
    type: ResponseType.INTEGRATION_FAILURE,
    status: 503,
    body: { message: 'no answer from behind the door: try again' },
    headers: { 'Retry-After': "'2'" },
  },
  NoAnswerInTime: {
    type: ResponseType.INTEGRATION_TIMEOUT,
    status: 503,
    body: { message: 'no answer in time from behind the door: try again' },
    headers: { 'Retry-After': "'2'" },
  },
  NoVerdict: {
    type: ResponseType.AUTHORIZER_FAILURE,
    status: 503,
    body: { message: 'the token could not be checked: nothing was stored, try again' },
    headers: { 'Retry-After': "'2'" },
  },
  // An authorizer that fails or takes too long is this to the service.
  NoVerdictGiven: {
    type: ResponseType.AUTHORIZER_CONFIGURATION_ERROR,
    status: 503,
    body: { message: 'the token could not be checked: nothing was stored, try again' },
    headers: { 'Retry-After': "'2'" },
  },
};
