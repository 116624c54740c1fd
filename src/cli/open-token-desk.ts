// Opens the token desk where the other commands look too: at the local run of this folder, or on AWS.
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { OUTPUTS } from '../platform/names.ts';
import { createSecrets } from '../platform/secrets.ts';
import { IssuedTokens } from '../stores/issued-tokens.ts';
import { UsageError } from './exit.ts';
import { findPlace, LOCAL_CLIENT, type StoreOptions } from './open-stores.ts';
import { TokenDesk } from './token-desk.ts';

export async function useTokenDesk<T>(
  options: StoreOptions,
  work: (desk: TokenDesk, tokens: IssuedTokens) => Promise<T>,
): Promise<T> {
  if (options.data !== undefined) {
    throw new UsageError(
      '--data: tokens are issued while the local run goes on: start it with `tidemill dev --data`',
    );
  }
  const place = await findPlace(options);
  const client =
    place.secrets === undefined
      ? new SecretsManagerClient({})
      : new SecretsManagerClient({ ...LOCAL_CLIENT, endpoint: place.secrets });
  const output = (name: string): string => {
    const value = place.outputs[name];
    if (value === undefined)
      throw new UsageError(`found no output ${name} of the stack, expected one: deploy it again`);
    return value;
  };
  const tokens = new IssuedTokens(place.table(output(OUTPUTS.tokensTable)));
  const desk = new TokenDesk({
    secrets: createSecrets(client),
    signingKeys: output(OUTPUTS.signingKeys),
    verifyingKeys: output(OUTPUTS.verifyingKeys),
    tokens,
    nowMs: () => Date.now(),
    newId: () => crypto.randomUUID(),
  });
  return await work(desk, tokens);
}
