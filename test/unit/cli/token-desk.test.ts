import { describe, expect, it, onTestFinished } from 'vitest';
import { TokenDesk } from '../../../src/cli/token-desk.ts';
import type { AccessToken } from '../../../src/core/access-token.ts';
import { startSecretsServer } from '../../../src/local-stack/secrets-server.ts';
import { TOKENS_TABLE } from '../../../src/platform/names.ts';
import { createSecrets, createSecretsClient } from '../../../src/platform/secrets.ts';
import { IssuedTokens } from '../../../src/stores/issued-tokens.ts';
import { MemoryTable } from '../../../src/stores/memory-table.ts';
import { decodeSigningKeys, decodeVerifyingKeys } from '../../../src/wire/token-keys.ts';

const SIGNING = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:signing';
const VERIFYING = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:verifying';
const T0 = 1_790_000_000_000;

interface DeskOptions {
  /** Is called before each call to the secrets' service, with its number from 1 on. */
  readonly beforeCall?: (call: number) => Promise<void>;
  readonly nowMs?: () => number;
}

/** Desks of several people: one service, one table. */
async function setUp() {
  const server = await startSecretsServer(
    [SIGNING, VERIFYING].map((arn) => ({ logicalId: arn, arn, initial: '{"keys":[]}' })),
  );
  onTestFinished(() => server.stop());
  const tokens = new IssuedTokens(new MemoryTable({ partitionKey: TOKENS_TABLE.partitionKey }));
  const clientOf = ({ beforeCall = async () => {} }: DeskOptions) => {
    const client = createSecretsClient({
      region: 'us-east-1',
      endpoint: server.endpoint,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    onTestFinished(() => client.destroy());
    let calls = 0;
    client.middlewareStack.add((next) => async (args) => {
      calls += 1;
      await beforeCall(calls);
      return await next(args);
    });
    return client;
  };
  let ids = 0;
  const deskOf = (options: DeskOptions = {}) =>
    new TokenDesk({
      secrets: createSecrets(clientOf(options)),
      signingKeys: SIGNING,
      verifyingKeys: VERIFYING,
      tokens,
      nowMs: options.nowMs ?? (() => T0 + ids),
      newId: () => {
        ids += 1;
        return `id-${ids}`;
      },
    });
  const secrets = createSecrets(clientOf({}));
  const kids = async () => ({
    signing: decodeSigningKeys(await secrets.read(SIGNING)).map(({ kid }) => kid),
    verifying: decodeVerifyingKeys(await secrets.read(VERIFYING)).map(({ kid }) => kid),
  });
  return { deskOf, kids, tokens };
}

/** More than either of them makes. */
const CALLS = 9;

describe('keys that are changed by two at once', () => {
  it('are never trusted again once retired, wherever a rotation is in between', async () => {
    for (let at = 1; at <= CALLS; at += 1) {
      const { deskOf, kids } = await setUp();
      const { kid: old } = await deskOf().rotate();
      const rotating = deskOf({
        beforeCall: async (call) => (call === at ? await deskOf().retire(old) : undefined),
      });
      const { kid: young } = await rotating.rotate();
      if ((await kids()).signing.includes(old)) await deskOf().retire(old);
      expect(await kids(), `retired before call ${at}`).toEqual({ signing: [young], verifying: [young] });
    }
  });

  it('are not lost to a retirement, wherever a rotation comes in between', async () => {
    for (let at = 1; at <= CALLS; at += 1) {
      const { deskOf, kids } = await setUp();
      const { kid: old } = await deskOf().rotate();
      let young = '';
      const rotate = async () => {
        young = (await deskOf().rotate()).kid;
      };
      await deskOf({ beforeCall: async (call) => (call === at ? await rotate() : undefined) }).retire(old);
      if (young === '') await rotate();
      expect(await kids(), `rotated before call ${at}`).toEqual({ signing: [young], verifying: [young] });
    }
  });

  it('are all there after rotations at once', async () => {
    const { deskOf, kids } = await setUp();
    const made = await Promise.all([1, 2, 3].map(() => deskOf().rotate()));
    const { signing, verifying } = await kids();
    expect(new Set(signing)).toEqual(new Set(made.map(({ kid }) => kid)));
    expect(new Set(verifying)).toEqual(new Set(signing));
  });

  it('go from both secrets where a retirement broke off in the middle and is asked for again', async () => {
    const { deskOf, kids } = await setUp();
    const { kid: old } = await deskOf().rotate();
    const { kid: young } = await deskOf().rotate();
    for (let at = 1; at <= CALLS; at += 1) {
      const breaks = {
        beforeCall: async (call: number) => {
          if (call === at) throw new Error('cut off');
        },
      };
      await deskOf(breaks)
        .retire(old)
        .catch(() => {});
    }
    await deskOf()
      .retire(old)
      .catch(() => {});
    expect(await kids()).toEqual({ signing: [young], verifying: [young] });
  });
});

describe('the tokens of a subject that are revoked', () => {
  const of = (issuedMs: number, id = 'not-listed'): AccessToken => ({
    id,
    use: 'device',
    subject: 'd',
    sources: [],
    issuedMs,
    expiresMs: issuedMs + 3_600_000,
  });
  const order = { use: 'device', subject: 'd', sources: [], lifetimeMs: 3_600_000 } as const;

  it('are all that were issued, by whatever clock', async () => {
    const { deskOf, tokens } = await setUp();
    const offsets = [-3_600_000, 0, 5_000, 600_000, 86_400_000];
    const issued = [];
    for (const offset of offsets)
      issued.push((await deskOf({ nowMs: () => T0 + offset }).issue(order)).token);
    expect(await deskOf({ nowMs: () => T0 }).revokeSubject('device', 'd')).toBe(offsets.length);
    for (const token of issued) expect(await tokens.isRevoked(token)).toBe(true);
    // The device is not locked out: what a right clock issues from now on is good.
    const { token } = await deskOf({ nowMs: () => T0 + 1_000 }).issue(order);
    expect(await tokens.isRevoked(token)).toBe(false);
  });

  it('stay revoked when somebody whose clock is behind revokes them again', async () => {
    const { deskOf, tokens } = await setUp();
    await deskOf({ nowMs: () => T0 }).revokeSubject('device', 'd');
    await deskOf({ nowMs: () => T0 - 60_000 }).revokeSubject('device', 'd');
    expect(await tokens.isRevoked(of(T0 - 1_000))).toBe(true);
    expect(await tokens.isRevoked(of(T0 + 1_000))).toBe(false);
  });

  it('are none of another subject or use', async () => {
    const { deskOf, tokens } = await setUp();
    const desk = deskOf({ nowMs: () => T0 });
    const other = (await desk.issue({ ...order, subject: 'e' })).token;
    const reader = (await desk.issue({ ...order, use: 'reader' })).token;
    expect(await desk.revokeSubject('device', 'd')).toBe(0);
    expect([await tokens.isRevoked(other), await tokens.isRevoked(reader)]).toEqual([false, false]);
  });
});
