// A line of the access log, in the stage's own format.
import { contextValue } from './gateway-response.ts';
import type { OpenQuestions } from './open-questions.ts';

/** What a format may have; what of it no request here has prints as unset. */
const KNOWN =
  /^(?:requestId|extendedRequestId|accountId|apiId|deploymentId|domainName|domainPrefix|httpMethod|path|protocol|requestTime|requestTimeEpoch|resourceId|resourcePath|stage|status|responseLatency|responseLength|integrationStatus|integrationLatency|integration\.(?:status|latency)|error\.(?:message|messageString|responseType|validationErrorString)|(?:identity|authorizer)\.\w+)$/;

/** @throws where a format has what is not known here */
export function checkLogFormat(format: string, where: string): void {
  for (const [variable, name = ''] of format.matchAll(VARIABLE)) {
    if (!KNOWN.test(name))
      throw new Error(
        `template, ${where}: found ${variable}, expected what requests here have: nothing else is logged locally`,
      );
  }
}

const VARIABLE = /\$context\.([A-Za-z](?:[\w.]*\w)?)/g;

export function accessLine(
  format: string,
  context: Readonly<Record<string, unknown>>,
  { unsetInAccessLog }: OpenQuestions,
): string {
  return format
    .replace(VARIABLE, (_, path: string) => contextValue(context, path) || unsetInAccessLog)
    .replaceAll('\n', ' ');
}
