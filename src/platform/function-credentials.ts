// The credentials of a function: Lambda puts them into its environment. Stands in the functions' bundles in place of the
// SDK's chain of providers, which looks for profiles, single sign-on and instance metadata, and is a third of a bundle.

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Named as in `@aws-sdk/credential-provider-node`. */
export function defaultProvider(): () => Promise<Credentials> {
  return async () => {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = process.env;
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw new Error(
        'environment: found no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, expected Lambda’s own',
      );
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
  };
}
