// Secrets of AWS Secrets Manager, as text, and changes to them of which none is lost to another.
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
  SecretsManagerServiceException,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { handlerOf, type TimeLimits } from './time-limits.ts';

export interface Secrets {
  /** `id`: name or ARN. */
  read(id: string): Promise<string>;
  /**
   * Puts what `change` makes of the text that is there, and of no other: where somebody else has put something meanwhile,
   * `change` is asked again. So it must be safe to repeat on its own outcome.
   */
  change(id: string, change: (text: string) => string): Promise<void>;
}

/** Each refusal is somebody else's success. */
const MAX_REFUSALS = 10;
/** Label of a version that is not the secret's current text yet. All writers share it, so that a secret never keeps more than one draft. */
const DRAFT = 'TIDEMILL_DRAFT';
const CURRENT = 'AWSCURRENT';

/** Without a client: region and endpoint come from the environment. */
export function createSecrets(client: SecretsManagerClient = createSecretsClient()): Secrets {
  return {
    read: async (id) => (await readVersion(client, id)).text,
    async change(id, change) {
      let { text, version } = await readVersion(client, id);
      for (let refusals = 0; refusals <= MAX_REFUSALS; refusals += 1) {
        const draft = await client.send(
          new PutSecretValueCommand({ SecretId: id, SecretString: change(text), VersionStages: [DRAFT] }),
        );
        const refusal = await makeCurrent(client, { id, from: version, to: draft.VersionId });
        if (refusal === undefined) return;
        const now = await readVersion(client, id);
        // An answer that was lost: the second attempt finds that the first has done it.
        if (now.version === draft.VersionId) return;
        // Refused for another reason: asking again would not help.
        if (now.version === version) throw refusal;
        ({ text, version } = now);
      }
      throw new Error(
        `secret ${id}: changed by somebody else ${MAX_REFUSALS + 1} times, expected a moment's rest`,
      );
    },
  };
}

async function readVersion(client: SecretsManagerClient, id: string) {
  const answer = await client.send(new GetSecretValueCommand({ SecretId: id }));
  const { SecretString: text, VersionId: version } = answer;
  if (text === undefined) throw new Error(`secret ${id}: found no text in it, expected JSON`);
  return { text, version };
}

/**
 * The service moves the label only from the version named: a comparison and a change in one step. Returns its refusal.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 */
async function makeCurrent(
  client: SecretsManagerClient,
  {
    id,
    from,
    to,
  }: { readonly id: string; readonly from: string | undefined; readonly to: string | undefined },
): Promise<Error | undefined> {
  try {
    await client.send(
      new UpdateSecretVersionStageCommand({
        SecretId: id,
        VersionStage: CURRENT,
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      }),
    );
    return undefined;
  } catch (error) {
    if (error instanceof SecretsManagerServiceException && error.$fault === 'client') return error;
    throw error;
  }
}

/** Its own retries end well before an authorizer's time does. `overrides` stand before everything. */
export function createSecretsClient(
  overrides: SecretsManagerClientConfig = {},
  limits: TimeLimits = LIMITS,
): SecretsManagerClient {
  return new SecretsManagerClient({ maxAttempts: 3, requestHandler: handlerOf(limits), ...overrides });
}

const LIMITS: TimeLimits = { connectMs: 1_000, answerMs: 2_000 };
