// Who is connected and subscribed to what. Fan-out asks by topic: a topic's subscribers stand in one partition, read
// consistently, so that a change written after a subscription finds it. A connection's own item lists its subscriptions,
// so that taking it away needs no index.
import type { HeldToken } from '../core/access-token.ts';
import { LIVE_TABLE, TTL_ATTRIBUTE } from '../platform/names.ts';
import { keyText } from './key-text.ts';
import { StoreError } from './store-error.ts';
import type { Item, Table } from './table.ts';
import { number, numberOf, text, textOf } from './table.ts';

export interface Subscription {
  /** The client's own name for it. */
  readonly id: string;
  readonly topic: string;
  /** What of the topic is wanted, as JSON of whoever sends; undefined: all. */
  readonly filter: string | undefined;
}

/** A connection that is open, and the token it was opened with. */
export interface HeldConnection {
  readonly connection: string;
  readonly token: HeldToken;
}

export interface Subscriber extends HeldConnection {
  /** Id of its subscription. */
  readonly id: string;
  readonly filter: string | undefined;
}

/** The latest change of a watched source, on its way through the table's change stream. */
export interface TopicChange {
  readonly topic: string;
  readonly to: number;
  /** A live change, as JSON. */
  readonly body: string;
}

export interface LiveTopics {
  readonly size: number;
  has(topic: string): boolean;
}

type SubscribeOutcome = 'subscribed' | 'too-many' | 'gone';

/** A topic without a subscriber's ping for this long is no longer live. */
export const LEASE_MS = 900_000;
/** API Gateway ends a connection after two hours; what is left over goes by TTL. */
const CONNECTION_LIFE_MS = 7_200_000 + LEASE_MS;
/**
 * Messages of one connection are handled at the same time, as many as a client sends at once: each refusal is another's
 * success, so that all come through.
 */
const MAX_REFUSALS = 200;

export class LiveConnections {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  async open({ connection, token }: HeldConnection, nowMs: number): Promise<void> {
    const held = { token: text(JSON.stringify(token)) };
    await this.#table.putMany([
      { ...listKey(connection), ...held, ...lifeFrom(nowMs) },
      {
        ...connectionKey(connection),
        ...held,
        version: number(1),
        subscriptions: text('[]'),
        untilMs: number(nowMs + LEASE_MS),
        ...lifeFrom(nowMs),
      },
    ]);
  }

  /** Repeating it is safe. */
  async close(connection: string): Promise<void> {
    const [stored] = await this.#table.getMany([connectionKey(connection)]);
    const subscriptions = stored === undefined ? [] : subscriptionsOf(stored);
    await this.#table.deleteMany([
      ...subscriptions.map((subscription) => subscriberKey(connection, subscription)),
      connectionKey(connection),
      listKey(connection),
    ]);
  }

  /** The token it was opened with; undefined: the connection is not known any more. */
  async tokenOf(connection: string): Promise<HeldToken | undefined> {
    const [stored] = await this.#table.getMany([connectionKey(connection)]);
    return stored === undefined ? undefined : tokenIn(stored);
  }

  /** All that are open, in no order. */
  async all(): Promise<readonly HeldConnection[]> {
    const found: HeldConnection[] = [];
    for (let bucket = 0; bucket < LIST_BUCKETS; bucket += 1) {
      const partition = { name: LIVE_TABLE.partitionKey, value: text(listText(bucket)) };
      for await (const item of this.#table.query({ partition })) {
        const token = tokenIn(item);
        const connection = textOf(item, LIVE_TABLE.sortKey);
        if (token !== undefined && connection !== undefined) found.push({ connection, token });
      }
    }
    return found;
  }

  /** When it comes back, every change from now on finds the subscription. One of the same id is replaced. */
  async subscribe(
    connection: string,
    subscription: Subscription,
    { nowMs, most }: { readonly nowMs: number; readonly most: number },
  ): Promise<SubscribeOutcome> {
    let replaced: Subscription | undefined;
    let token: string | undefined;
    const outcome = await this.#change(connection, (subscriptions, stored) => {
      token = textOf(stored, 'token');
      replaced = subscriptions.find(({ id }) => id === subscription.id);
      const others = subscriptions.filter(({ id }) => id !== subscription.id);
      return others.length >= most ? undefined : [...others, subscription];
    });
    if (outcome !== 'changed') return outcome;
    if (replaced !== undefined && replaced.topic !== subscription.topic) {
      await this.#table.deleteMany([subscriberKey(connection, replaced)]);
    }
    await this.#table.putMany([
      {
        ...subscriberKey(connection, subscription),
        ...(subscription.filter === undefined ? {} : { filter: text(subscription.filter) }),
        ...(token === undefined ? {} : { token: text(token) }),
        ...lifeFrom(nowMs),
      },
      topicItem(subscription.topic, nowMs),
    ]);
    return 'subscribed';
  }

  async unsubscribe(connection: string, id: string): Promise<void> {
    let left: Subscription | undefined;
    const outcome = await this.#change(connection, (subscriptions) => {
      left = subscriptions.find((one) => one.id === id);
      return subscriptions.filter((one) => one !== left);
    });
    if (outcome === 'changed' && left !== undefined) {
      await this.#table.deleteMany([subscriberKey(connection, left)]);
    }
  }

  /** Renews what is about to run out. The ids of its subscriptions; undefined: the connection is not known any more. */
  async renew(connection: string, nowMs: number): Promise<readonly string[] | undefined> {
    const [stored] = await this.#table.getMany([connectionKey(connection)]);
    if (stored === undefined) return undefined;
    const subscriptions = subscriptionsOf(stored);
    // The connection's own lease ends before that of any topic it is subscribed to.
    if ((numberOf(stored, 'untilMs') ?? 0) - nowMs < LEASE_MS / 2) {
      const topics = new Set(subscriptions.map(({ topic }) => topic));
      await this.#table.putMany([...topics].map((topic) => topicItem(topic, nowMs)));
      await this.#change(connection, (current) => current, nowMs + LEASE_MS);
    }
    return subscriptions.map(({ id }) => id);
  }

  /** Topics with subscribers that begin with a prefix: one read, however many changes are to be sent. */
  async liveTopics(prefix: string, nowMs: number): Promise<LiveTopics> {
    const topics = new Set<string>();
    const items = this.#table.query({
      partition: { name: LIVE_TABLE.partitionKey, value: text(TOPICS) },
      sort: { name: LIVE_TABLE.sortKey, from: text(prefix), to: text(`${prefix}\u{10ffff}`) },
    });
    for await (const item of items) {
      const topic = textOf(item, LIVE_TABLE.sortKey);
      if (topic !== undefined && (numberOf(item, 'untilMs') ?? 0) > nowMs) topics.add(topic);
    }
    return { size: topics.size, has: (topic) => topics.has(topicText(topic, prefix)) };
  }

  async subscribers(topic: string): Promise<readonly Subscriber[]> {
    const found: Subscriber[] = [];
    const items = this.#table.query({
      partition: { name: LIVE_TABLE.partitionKey, value: text(topicKey(topic)) },
      sort: { name: LIVE_TABLE.sortKey, from: text(SUBSCRIBER), to: text(`${SUBSCRIBER}\u{10ffff}`) },
    });
    for await (const item of items) {
      const [, connection, ...id] = (textOf(item, LIVE_TABLE.sortKey) ?? '').split('|');
      const token = tokenIn(item);
      if (connection !== undefined && token !== undefined) {
        found.push({ connection, token, id: id.join('|'), filter: textOf(item, 'filter') });
      }
    }
    return found;
  }

  /** At most one change a topic. */
  async putChanges(changes: readonly TopicChange[], nowMs: number): Promise<void> {
    await this.#table.putMany(
      changes.map(({ topic, to, body }) => ({
        ...changeKey(topic),
        name: text(topic),
        version: number(to),
        body: text(body),
        [TTL_ATTRIBUTE]: number(Math.ceil((nowMs + LEASE_MS) / 1_000)),
      })),
    );
  }

  /** `to` of the latest change of a topic that was passed on, if any was lately. */
  async lastChange(topic: string): Promise<number | undefined> {
    const [item] = await this.#table.getMany([changeKey(topic)]);
    return item === undefined ? undefined : numberOf(item, 'version');
  }

  async #change(
    connection: string,
    change: (subscriptions: readonly Subscription[], stored: Item) => readonly Subscription[] | undefined,
    untilMs?: number,
  ): Promise<'changed' | 'gone' | 'too-many'> {
    let [stored] = await this.#table.getMany([connectionKey(connection)]);
    for (let refusals = 0; refusals <= MAX_REFUSALS; refusals += 1) {
      if (stored === undefined) return 'gone';
      const subscriptions = change(subscriptionsOf(stored), stored);
      if (subscriptions === undefined) return 'too-many';
      const expectedVersion = numberOf(stored, 'version') ?? 0;
      const [outcome] = await this.#table.commit([
        {
          key: connectionKey(connection),
          expectedVersion,
          version: expectedVersion + 1,
          attributes: {
            subscriptions: text(JSON.stringify(subscriptions)),
            ...(untilMs === undefined ? {} : { untilMs: number(untilMs) }),
          },
        },
      ]);
      if (outcome?.kind === 'committed') return 'changed';
      if (outcome?.kind !== 'refused') {
        const reason = outcome?.reason ?? 'the store gave no outcome';
        throw new StoreError('connection-unchanged', `connection not changed: ${reason}`, {
          retryable: true,
        });
      }
      stored = outcome.stored;
    }
    const message = `connection not changed: refused ${MAX_REFUSALS + 1} times`;
    throw new StoreError('connection-unchanged', message, { retryable: true });
  }
}

/** Partitions of the list of connections: more are opened in a second than one partition takes writes. */
const LIST_BUCKETS = 8;

function listText(bucket: number): string {
  return `connections|${bucket}`;
}

function listKey(connection: string): Item {
  let sum = 0;
  for (const unit of connection) sum = (sum * 31 + (unit.codePointAt(0) ?? 0)) % 1_000_003;
  return {
    [LIVE_TABLE.partitionKey]: text(listText(sum % LIST_BUCKETS)),
    [LIVE_TABLE.sortKey]: text(connection),
  };
}

/** Undefined for a connection opened before tokens were kept: its token is not known. */
function tokenIn(item: Item): HeldToken | undefined {
  const token = textOf(item, 'token');
  return token === undefined ? undefined : JSON.parse(token);
}

const TOPICS = 'topics';
const SUBSCRIBER = 'subscriber|';

function connectionKey(connection: string): Item {
  return {
    [LIVE_TABLE.partitionKey]: text(`connection|${connection}`),
    [LIVE_TABLE.sortKey]: text('connection'),
  };
}

/** A topic may be one's by several subscriptions. */
function subscriberKey(connection: string, { topic, id }: Subscription): Item {
  return {
    [LIVE_TABLE.partitionKey]: text(topicKey(topic)),
    [LIVE_TABLE.sortKey]: text(`${SUBSCRIBER}${connection}|${id}`),
  };
}

function changeKey(topic: string): Item {
  return {
    [LIVE_TABLE.partitionKey]: text(topicKey(topic)),
    [LIVE_TABLE.sortKey]: text(LIVE_TABLE.change),
  };
}

function topicKey(topic: string): string {
  return `topic|${keyText(topic)}`;
}

function topicItem(topic: string, nowMs: number): Item {
  const untilMs = nowMs + LEASE_MS;
  return {
    [LIVE_TABLE.partitionKey]: text(TOPICS),
    [LIVE_TABLE.sortKey]: text(topicText(topic, topic.slice(0, topic.indexOf('|') + 1))),
    untilMs: number(untilMs),
    [TTL_ATTRIBUTE]: number(Math.ceil(untilMs / 1_000)),
  };
}

/** As it stands in the list of topics: in its place by prefix even where it is too long for a key. */
function topicText(topic: string, prefix: string): string {
  const key = keyText(topic);
  return key === topic ? topic : `${prefix}${key}`;
}

function lifeFrom(nowMs: number): Item {
  return { [TTL_ATTRIBUTE]: number(Math.ceil((nowMs + CONNECTION_LIFE_MS) / 1_000)) };
}

function subscriptionsOf(item: Item): readonly Subscription[] {
  return JSON.parse(textOf(item, 'subscriptions') ?? '[]');
}
