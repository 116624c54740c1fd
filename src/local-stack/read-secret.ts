// AWS::SecretsManager::Secret
import { asText, ifPresent } from './property.ts';
import type { ResourceToRead } from './resource-to-read.ts';

export interface SecretSpec {
  readonly logicalId: string;
  readonly arn: string;
  /** What it holds when it is made. */
  readonly initial: string;
}

export function readSecret({ logicalId, name, property }: ResourceToRead): SecretSpec {
  const initial = ifPresent(property('SecretString'), asText, `${logicalId}.SecretString`);
  if (initial === undefined) {
    throw new Error(
      `template, ${logicalId}: found no SecretString, expected one: nothing makes up secrets locally`,
    );
  }
  return { logicalId, arn: name, initial };
}
