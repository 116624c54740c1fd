// Opens the token desk where the other commands look too: at the local run of this folder, or on AWS.
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { OUTPUTS } from '../platform/names.ts';
import { createSecrets, createSecretsClient } from '../platform/secrets.ts';
import { LOCAL_LIMITS } from '../platform/time-limits.ts';
import type { Runtime } from '../run/runtime.ts';
import { IssuedTokens } from '../stores/issued-tokens.ts';
import { UsageError } from './exit.ts';
import { findPlace, type LocalPlace, localSettings, type StoreOptions } from './open-stores.ts';
import { TokenDesk } from './token-desk.ts';

export async function useTokenDesk<T>(
  options: StoreOptions,
  work: (desk: TokenDesk, tokens: IssuedTokens) => Promise<T>,
): Promise<T> {
  if (options.data !== undefined) {
    throw new UsageError(
      '--data: tokens can be issued only while the local run is running: start it with `tidemill dev --data`',
    );
  }
  const place = await findPlace(options);
  const client = place.secrets === undefined ? createSecretsClient() : localSecretsClient(place.secrets);
  const output = (name: string): string => {
    const value = place.outputs[name];
    if (value === undefined)
      throw new UsageError(`found no output ${name} of the stack, expected one: deploy it again`);
    return value;
  };
  const tokens = new IssuedTokens(place.table(output(OUTPUTS.tokensTable)));
  return await work(deskAt({ client, output, tokens }), tokens);
}

/** The token desk of a local run in this process. */
export function tokenDeskOf({ secrets, accessKey, system, tokens }: Runtime): TokenDesk {
  const client = localSecretsClient({ endpoint: secrets, accessKey });
  return deskAt({ client, output: (name) => system.outputs.get(name) ?? '', tokens });
}

function localSecretsClient(place: LocalPlace): SecretsManagerClient {
  return createSecretsClient(localSettings(place), LOCAL_LIMITS);
}

function deskAt(place: {
  readonly client: SecretsManagerClient;
  readonly output: (name: string) => string;
  readonly tokens: IssuedTokens;
}): TokenDesk {
  return new TokenDesk({
    secrets: createSecrets(place.client),
    signingKeys: place.output(OUTPUTS.signingKeys),
    verifyingKeys: place.output(OUTPUTS.verifyingKeys),
    tokens: place.tokens,
    nowMs: () => Date.now(),
    newId: () => crypto.randomUUID(),
  });
}
