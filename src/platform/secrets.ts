// Secrets of AWS Secrets Manager, as text.
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

export interface Secrets {
  /** `id`: name or ARN. */
  read(id: string): Promise<string>;
  write(id: string, text: string): Promise<void>;
}

/** Without a client: region and endpoint come from the environment. */
export function createSecrets(client: SecretsManagerClient = ownClient()): Secrets {
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

/** Its own retries end well before an authorizer's time does. */
function ownClient(): SecretsManagerClient {
  return new SecretsManagerClient({
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000 },
  });
}
