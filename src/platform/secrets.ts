// Secrets of AWS Secrets Manager, as text.
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager';
import { handlerOf, type TimeLimits } from './time-limits.ts';

export interface Secrets {
  /** `id`: name or ARN. */
  read(id: string): Promise<string>;
  write(id: string, text: string): Promise<void>;
}

/** Without a client: region and endpoint come from the environment. */
export function createSecrets(client: SecretsManagerClient = createSecretsClient()): Secrets {
  return {
    async read(id) {
      const { SecretString: text } = await client.send(new GetSecretValueCommand({ SecretId: id }));
      if (text === undefined) throw new Error(`secret ${id}: found no text in it, expected JSON`);
      return text;
    },
    async write(id, text) {
      await client.send(new PutSecretValueCommand({ SecretId: id, SecretString: text }));
    },
  };
}

/** Its own retries end well before an authorizer's time does. `overrides` stand before everything. */
export function createSecretsClient(
  overrides: SecretsManagerClientConfig = {},
  limits: TimeLimits = LIMITS,
): SecretsManagerClient {
  return new SecretsManagerClient({ maxAttempts: 3, requestHandler: handlerOf(limits), ...overrides });
}

const LIMITS: TimeLimits = { connectMs: 1_000, answerMs: 2_000 };
