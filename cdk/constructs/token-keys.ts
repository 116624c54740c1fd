// The keys of access tokens, in two secrets: the private ones for whoever issues tokens, the public ones for the
// authorizer, which so can sign nothing. Both begin empty; `tidemill tokens` writes them, an update of the stack does not.
import { SecretValue } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Settings } from '../settings/settings.ts';
import { removalOf } from './table-settings.ts';

export type TokenKeysOptions = Pick<Settings, 'throwAway' | 'kmsKey'>;

export class TokenKeys extends Construct {
  readonly signing: Secret;
  readonly verifying: Secret;

  constructor(scope: Construct, id: string, { throwAway = false, kmsKey }: TokenKeysOptions = {}) {
    super(scope, id);
    const settings = {
      // No secret yet: there are no keys in it.
      secretStringValue: SecretValue.unsafePlainText('{"keys":[]}'),
      removalPolicy: removalOf(throwAway),
      ...(kmsKey === undefined ? {} : { encryptionKey: Key.fromKeyArn(this, 'Key', kmsKey) }),
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
