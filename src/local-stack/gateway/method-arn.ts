import type { LocalAccount } from '../local-names.ts';

/** What policies and permissions call a request to an API. */
export function methodArn(
  { region, accountId }: Pick<LocalAccount, 'region' | 'accountId'>,
  request: {
    readonly apiId: string;
    readonly stage: string;
    readonly httpMethod: string;
    /** Begins with a slash. */
    readonly path: string;
  },
): string {
  const { apiId, stage, httpMethod, path } = request;
  return `arn:aws:execute-api:${region}:${accountId}:${apiId}/${stage}/${httpMethod}${path}`;
}
