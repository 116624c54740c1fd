// The credentials of a function: Lambda puts them into its environment; of the same bundle as a task, ECS gives them where its environment says.
// Stands in the functions' bundles in place of the SDK's chain of providers, which looks for profiles, single sign-on and instance metadata, and
// is a third of a bundle.

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** The SDK asks again before. */
  readonly expiration?: Date;
}

/** Named as in `@aws-sdk/credential-provider-node`. */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: ofTask,
    } = process.env;
    if (accessKeyId !== undefined && secretAccessKey !== undefined)
      return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    if (ofTask !== undefined) return await taskCredentials(new URL(ofTask, ECS_AGENT));
    throw new Error(
      'environment: found no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and no AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, expected Lambda’s own or those of a task',
    );
  };
}

/** The same address in every task. */
const ECS_AGENT = 'http://169.254.170.2';
const TRIES = 3;
const ANSWER_WITHIN_MS = 2_000;

async function taskCredentials(url: URL): Promise<Credentials> {
  let problem = '';
  for (let tried = 0; tried < TRIES; tried += 1) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
      if (answer.ok) return readCredentials(await answer.json());
      problem = `found the status ${answer.status}`;
    } catch (error) {
      problem = String(error);
    }
  }
  throw new Error(`credentials of the task: ${problem}, expected them from ${url.host}`);
}

function readCredentials(body: unknown): Credentials {
  // as ECS answers
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = body as Readonly<Record<string, unknown>>;
  if (typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string' || typeof Token !== 'string')
    throw new Error('found an answer without AccessKeyId, SecretAccessKey or Token, expected all three');
  const named = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
  return typeof Expiration === 'string' ? { ...named, expiration: new Date(Expiration) } : named;
}
