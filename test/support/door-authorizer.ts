// The door's authorizer as the stack has it, over tables and secrets in memory, and who issues its tokens.
import { createAuthorize } from '../../consumers/authorize/authorize.ts';
import { TokenDesk, type TokenOrder } from '../../src/cli/token-desk.ts';
import type { LocalSystem } from '../../src/local-stack/template.ts';
import { TOKENS_TABLE, VARIABLE } from '../../src/platform/names.ts';
import type { Secrets } from '../../src/platform/secrets.ts';
import { IssuedTokens } from '../../src/stores/issued-tokens.ts';
import { MemoryTable } from '../../src/stores/memory-table.ts';
import { KeyCache } from '../../src/wire/key-cache.ts';

export type DoorAuthorizer = ReturnType<typeof doorAuthorizer>;

export function doorAuthorizer(system: LocalSystem, nowMs: () => number) {
  const kept = new Map<string, string>();
  const secrets: Secrets = {
    read: async (id) => kept.get(id) ?? '{"keys":[]}',
    change: async (id, change) => void kept.set(id, change(kept.get(id) ?? '{"keys":[]}')),
  };
  const tokens = new IssuedTokens(new MemoryTable({ partitionKey: TOKENS_TABLE.partitionKey }));
  const log: string[] = [];
  const say = (message: string, fields: object) => void log.push(JSON.stringify({ message, ...fields }));
  const environment = system.functions.find(({ logicalId }) =>
    logicalId.startsWith('DoorAuthorize'),
  )?.environment;
  const verifyingKeys = environment?.[VARIABLE.secret('verifyingKeys')] ?? '';
  const authorize = createAuthorize({
    keys: new KeyCache({ read: () => secrets.read(verifyingKeys), nowMs, maxAgeMs: 60_000, minAgeMs: 2_000 }),
    isRevoked: (token) => tokens.isRevoked(token),
    planKeys: JSON.parse(environment?.[VARIABLE.setting('planKeys')] ?? '{}'),
    log: { info: say, warn: say, error: say },
    meter: { publish: () => {} },
    nowMs,
  });
  const newId = () => crypto.randomUUID();
  const desk = new TokenDesk({ secrets, signingKeys: 'signing', verifyingKeys, tokens, nowMs, newId });
  return {
    desk,
    tokens,
    /** Its lines, as JSON. */
    log,
    secrets: kept,
    /** `event`: what the gateway has made. */
    authorize: (event: object) => authorize(event as Parameters<typeof authorize>[0]),
    issue: async (order: Partial<TokenOrder>): Promise<string> =>
      (await desk.issue({ use: 'device', subject: 'device-1', sources: [], lifetimeMs: 3_600_000, ...order }))
        .text,
  };
}
