// The keys of access tokens, in two secrets: the private ones for whoever issues tokens, the public ones for the
// authorizer, which so can sign nothing. Both begin empty; `tidemill tokens` writes them, an update of the stack does not.
import { RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

export interface TokenKeysOptions {
  /** They go with the stack; default: they are kept. */
  readonly throwAway?: boolean;
}

export class TokenKeys extends Construct {
  readonly signing: Secret;
  readonly verifying: Secret;

  constructor(scope: Construct, id: string, { throwAway = false }: TokenKeysOptions = {}) {
    super(scope, id);
    const settings = {
      // No secret yet: there are no keys in it.
      secretStringValue: SecretValue.unsafePlainText('{"keys":[]}'),
      removalPolicy: throwAway ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    };
    this.signing = new Secret(this, 'Signing', {
      ...settings,
      description: 'Private keys that access tokens are signed with: for those who issue tokens',
    });
    this.verifying = new Secret(this, 'Verifying', {
      ...settings,
      description: 'Public keys that access tokens are verified with: for the authorizer',
    });
  }
}
