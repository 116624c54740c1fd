import { Command, Option } from 'commander';
import { TOKEN_USES, type TokenUse } from '../core/access-token.ts';
import { parseDurationMs } from '../core/duration.ts';
import { isSource } from '../core/event-rules.ts';
import type { IssuedToken } from '../stores/issued-tokens.ts';
import { UsageError } from './exit.ts';
import { type StoreOptions, withStoreOptions } from './open-stores.ts';
import { useTokenDesk } from './open-token-desk.ts';
import { formatTable, formatTime } from './print-table.ts';
import { LONGEST_LIFETIME_MS } from './token-desk.ts';

export function tokensCommand(): Command {
  return new Command('tokens')
    .description(
      'issue, revoke and list access tokens of the HTTP door and the query API; rotate and retire signing keys',
    )
    .addCommand(issueCommand())
    .addCommand(revokeCommand())
    .addCommand(rotateCommand())
    .addCommand(listCommand());
}

interface IssueOptions extends StoreOptions {
  readonly device?: string;
  readonly relay?: string;
  readonly reader?: string;
  readonly operator?: string;
  readonly sources?: string;
  readonly lifetime: string;
  readonly json?: true;
}

function issueCommand(): Command {
  return withStoreOptions(new Command('issue'))
    .description('issue a token and print it; it is not stored and cannot be shown again')
    .option('--device <source>', 'for a device that posts its own events')
    .option('--relay <name>', 'for a gateway that posts events of the sources in --sources')
    .option('--reader <name>', 'for clients of the query API and of live changes')
    .option('--operator <name>', 'for clients that retire sources through the API')
    .option('--sources <list>', 'sources that a relay may post for, separated by commas')
    .option('--lifetime <duration>', 'e.g. 12h, 30d; at most 366d', '30d')
    .option('--json', 'one JSON object, with the token’s id and when it expires')
    .action(async (options: IssueOptions) => {
      const order = orderOf(options);
      const { text, token } = await useTokenDesk(options, (desk) => desk.issue(order));
      const expires = new Date(token.expiresMs).toISOString();
      process.stdout.write(
        options.json
          ? `${JSON.stringify({ token: text, id: token.id, use: token.use, subject: token.subject, expires })}\n`
          : `${text}\n`,
      );
    });
}

function orderOf({ device, relay, reader, operator, sources, lifetime }: IssueOptions) {
  const asked = Object.entries({ device, relay, reader, operator }).filter(
    ([, subject]) => subject !== undefined,
  );
  const [first] = asked;
  if (first === undefined || asked.length > 1) {
    const found = asked.map(([use]) => `--${use}`).join(' and ') || 'none';
    throw new UsageError(`found ${found}, expected one of --device, --relay, --reader and --operator`);
  }
  const [use, subject = ''] = first;
  if (!isSource(subject)) {
    throw new UsageError(
      `--${use}: found ${JSON.stringify(subject)}, expected 1 to 128 printable characters`,
    );
  }
  const lifetimeMs = parseDurationMs(lifetime);
  if (lifetimeMs === undefined || lifetimeMs < 1_000 || lifetimeMs > LONGEST_LIFETIME_MS) {
    throw new UsageError(`--lifetime: found ${lifetime}, expected 1s to 366d`);
  }
  const listed = (sources ?? '').split(',').filter((source) => source !== '');
  if ((use === 'relay') !== listed.length > 0) {
    throw new UsageError(
      '--sources: expected together with --relay, and only then: the sources that the relay may post for',
    );
  }
  const bad = listed.find((source) => !isSource(source));
  if (bad !== undefined) throw new UsageError(`--sources: found ${JSON.stringify(bad)}, expected a source`);
  return { use: useOf(use), subject, sources: listed, lifetimeMs };
}

function useOf(text: string): TokenUse {
  const use = TOKEN_USES.find((each) => each === text);
  if (use === undefined) throw new UsageError(`found ${text}, expected one of ${TOKEN_USES.join(', ')}`);
  return use;
}

function revokeCommand(): Command {
  return withStoreOptions(new Command('revoke'))
    .description('revoke a token, or all tokens of a device, relay, reader or operator')
    .argument('[id]', 'id of the token, as `tokens list` shows it')
    .option('--device <source>', 'all tokens of this device')
    .option('--relay <name>', 'all tokens of this relay')
    .option('--reader <name>', 'all tokens of this reader')
    .option('--operator <name>', 'all tokens of this operator')
    .action(async (id: string | undefined, options: StoreOptions & Partial<Record<TokenUse, string>>) => {
      const subjects = TOKEN_USES.flatMap((use) => {
        const subject = options[use];
        return subject === undefined ? [] : [{ use, subject }];
      });
      if (subjects.length + (id === undefined ? 0 : 1) !== 1) {
        throw new UsageError(
          'expected the id of a token, or one of --device, --relay, --reader and --operator',
        );
      }
      await useTokenDesk(options, async (desk) => {
        if (id !== undefined) {
          const { use, subject } = await desk.revoke(id);
          process.stdout.write(`revoked: token ${id} of ${use} ${subject}\n`);
        }
        for (const { use, subject } of subjects) {
          const known = await desk.revokeSubject(use, subject);
          process.stdout.write(`revoked: all tokens of ${use} ${subject} until now (${known} known)\n`);
        }
      });
    });
}

function rotateCommand(): Command {
  return withStoreOptions(new Command('rotate'))
    .description('create a new signing key; tokens signed with older keys stay valid')
    .addOption(new Option('--retire <kid>', 'remove this key instead: tokens signed with it become invalid'))
    .action(async ({ retire, ...options }: StoreOptions & { readonly retire?: string }) => {
      await useTokenDesk(options, async (desk) => {
        if (retire !== undefined) {
          await desk.retire(retire);
          process.stdout.write(`retired: key ${retire}\n`);
          return;
        }
        const { kid } = await desk.rotate();
        process.stdout.write(`new signing key: ${kid}\n`);
      });
    });
}

function listCommand(): Command {
  return withStoreOptions(new Command('list'))
    .description('list issued tokens: holder, expiry, whether revoked; never the tokens themselves')
    .option('--json', 'one JSON object per line')
    .action(async ({ json, ...options }: StoreOptions & { readonly json?: true }) => {
      const nowMs = Date.now();
      const tokens = await useTokenDesk(options, async (_, issued) => {
        const all: IssuedToken[] = [];
        for await (const token of issued.list()) all.push(token);
        return all.sort((a, b) => a.issuedMs - b.issuedMs);
      });
      if (json) {
        for (const token of tokens) process.stdout.write(`${JSON.stringify(token)}\n`);
        return;
      }
      const rows = tokens.map(({ id, use, subject, sources, kid, issuedMs, expiresMs, revokedMs }) => {
        const state = revokedMs !== undefined ? 'revoked' : expiresMs <= nowMs ? 'expired' : 'good';
        const of = sources.length === 0 ? subject : `${subject} for ${sources.join(',')}`;
        return [id, use, of, formatTime(issuedMs), formatTime(expiresMs), state, kid];
      });
      const head = ['id', 'use', 'of', 'issued', 'expires', 'state', 'key'];
      process.stdout.write(tokens.length === 0 ? 'no tokens\n' : `${formatTable(head, rows)}\n`);
    });
}
