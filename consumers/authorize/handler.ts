// Wiring: what the stack gives the function, to what the authorizer needs.
import { TOKEN_USES, type TokenUse } from '../../src/core/access-token.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { KEY_CACHE_SECONDS } from '../../src/platform/door.ts';
import { createDynamoDbClient } from '../../src/platform/dynamodb-client.ts';
import { readTableName, readVariable } from '../../src/platform/function-config.ts';
import { createLog, createMeter } from '../../src/platform/powertools.ts';
import { createSecrets } from '../../src/platform/secrets.ts';
import { DynamoTable } from '../../src/stores/dynamo-table.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { createAuthorize } from './authorize.ts';
import { KeyCache } from './key-cache.ts';

const secrets = createSecrets();
const secretId = readVariable('verifyingKeys', 'the ARN of a secret');
const tokens = new IssuedTokens(new DynamoTable(createDynamoDbClient(), readTableName('tokensTable')));

export const handler = createAuthorize({
  keys: new KeyCache({
    read: () => secrets.read(secretId),
    nowMs: systemClock.nowMs,
    maxAgeMs: KEY_CACHE_SECONDS * 1_000,
    minAgeMs: 2_000,
  }),
  isRevoked: (token) => tokens.isRevoked(token),
  planKeys: readPlanKeys(readVariable('planKeys', 'JSON, use to key')),
  log: createLog(),
  meter: createMeter(),
  nowMs: systemClock.nowMs,
});

function readPlanKeys(text: string): Readonly<Partial<Record<TokenUse, string>>> {
  const parsed: Readonly<Record<string, unknown>> = JSON.parse(text);
  return Object.fromEntries(
    TOKEN_USES.flatMap((use) => (typeof parsed[use] === 'string' ? [[use, parsed[use]]] : [])),
  );
}
