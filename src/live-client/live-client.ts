// The client of the live door, for browsers and Node. It keeps each series as the table has it: it connects again when the
// connection ends, asks again for what it missed, and tells its listeners of what changed.

import type { Clock } from '../platform/clock.ts';
import { systemClock } from '../platform/clock.ts';
import { checkValue } from '../wire/api/check-value.ts';
import type { AlertsOf } from '../wire/live/alerts-of.ts';
import type { Have, LiveAlert, LiveTransition, LiveWindow, ServerMessage } from '../wire/live/messages.ts';
import { LIVE_PROTOCOL, MAX_SERIES, serverMessageSchema, TOKEN_PROTOCOL } from '../wire/live/messages.ts';
import type { TopicOf } from '../wire/live/topic.ts';
import type { AlertsOutcome } from './alerts-view.ts';
import { AlertsView } from './alerts-view.ts';
import type { LiveSocket, OpenSocket } from './live-socket.ts';
import { openWebSocket } from './live-socket.ts';
import type { ViewOutcome } from './series-view.ts';
import { SeriesView } from './series-view.ts';

/** What to subscribe to: a source; one series of a rollup; its series with certain tag values; all of its series; or alerts. */
export interface LiveRequest extends TopicOf {
  readonly tags?: readonly { readonly tag: string; readonly value: string | null }[];
  /** How many closed windows of each series the snapshot has; default: 60. */
  readonly windows?: number;
  /** All alerts (`{}`), or those that meet all conditions given. */
  readonly alerts?: AlertsOf;
}

/** Callbacks of a subscription. */
export interface LiveListener {
  /** Windows that are new or changed, of one series; all it has are in `view`. */
  onChange?(view: SeriesView, changed: readonly LiveWindow[]): void;
  /**
   * Transitions of alerts, in order; after a snapshot, the alerts whose state differs from the one known. `view` holds all alerts
   * known that are not `ok`.
   */
  onAlerts?(view: AlertsView, changed: readonly LiveAlert[]): void;
  /** The whole snapshot has arrived, the first time or after a reconnect. */
  onReady?(): void;
  /** The request was refused, and will not be repeated. `detail` says what was found and expected. */
  onError?(detail: string): void;
}

/** `waiting`: pausing before the next attempt to connect. `closed`: by `close`, for good. */
export type LiveStatus = 'connecting' | 'open' | 'waiting' | 'closed';

export interface LiveClientOptions {
  /** Address of the WebSocket API, `wss://…/stage`. */
  readonly url: string;
  /** Returns a reader's token. Called for each connection, since the last token may have expired. */
  readonly token: () => string | Promise<string>;
  readonly onStatus?: (status: LiveStatus) => void;
  /** How many windows of each series are kept; default: 240. */
  readonly keep?: number;
  /** Socket, clock and randomness; default: the platform's. */
  readonly deps?: Partial<LiveClientDeps>;
}

export interface LiveClientDeps {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
}

export interface LiveClient {
  /** Subscribes now and after each reconnect. @returns a function that ends the subscription */
  subscribe(request: LiveRequest, listener: LiveListener): () => void;
  /** Ends all subscriptions and the connection, for good. */
  close(): void;
}

/** API Gateway ends a connection after ten minutes without a message, and after two hours in any case. */
const PING_MS = 60_000;
const RENEW_MS = 6_600_000;
/** A ping that has not been answered by then: the connection is dead, whatever the socket says. */
const PONG_MS = 15_000;
/** Pauses between connections: from nothing to twice as much each time, by chance, so that not all come at once. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A connection that ended sooner has failed, though it was open: the next pause is longer. */
const SHORTEST_LIFE_MS = 30_000;
/** API Gateway ends a connection on which a frame of more than 32 KB comes; a browser sends a message in one. The rest is the request's. */
const MAX_HAVE_BYTES = 20_000;

/**
 * A client of the live API: a snapshot of each subscription, then every change in order. It connects at once, reconnects by itself,
 * and asks for what it missed.
 *
 * @example
 * const live = createLiveClient({ url: 'wss://…/live', token: () => fetchToken() });
 * const stop = live.subscribe({ source: 'pump-1' }, { onChange: (view, changed) => console.log(changed) });
 * stop();
 * live.close();
 */
export function createLiveClient(options: LiveClientOptions): LiveClient {
  return new Client(options);
}

interface Subscription {
  readonly id: string;
  readonly request: LiveRequest;
  readonly listener: LiveListener;
  readonly views: Map<string, SeriesView>;
  readonly alerts: AlertsView;
  /** The number of the latest request: answers to earlier ones are ignored. */
  round: number;
  isReady: boolean;
}

class Client implements LiveClient {
  readonly #options: LiveClientOptions;
  readonly #deps: LiveClientDeps;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #stopping = new AbortController();
  #socket: LiveSocket | undefined;
  #isOpen = false;
  #lastHeardMs = 0;
  #nextId = 1;

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.#deps = { openSocket: openWebSocket, clock: systemClock, random: Math.random, ...options.deps };
    void this.#run();
  }

  subscribe(request: LiveRequest, listener: LiveListener): () => void {
    const id = String(this.#nextId);
    this.#nextId += 1;
    const common = { views: new Map(), alerts: new AlertsView(), round: 0, isReady: false };
    const subscription = { id, request, listener, ...common };
    this.#subscriptions.set(id, subscription);
    if (this.#isOpen) this.#ask(subscription);
    return () => {
      if (this.#subscriptions.delete(id) && this.#isOpen) this.#send({ type: 'unsubscribe', id });
    };
  }

  close(): void {
    this.#stopping.abort();
    this.#subscriptions.clear();
    this.#socket?.close();
    this.#options.onStatus?.('closed');
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#deps;
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      this.#options.onStatus?.('connecting');
      const openMs = await this.#connection();
      if (signal.aborted) return;
      failures = openMs >= SHORTEST_LIFE_MS ? 1 : failures + 1;
      this.#options.onStatus?.('waiting');
      await clock.sleep(random() * Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), signal);
    }
  }

  /** One connection from its beginning to its end; how long it was open, 0 where it never was. */
  async #connection(): Promise<number> {
    let token: string;
    try {
      token = await this.#options.token();
    } catch {
      return 0; // There will be one the next time, or not: the status says that it waits.
    }
    if (this.#stopping.signal.aborted) return 0;
    const ended = Promise.withResolvers<void>();
    const ending = new AbortController();
    let openedMs: number | undefined;
    const socket = this.#deps.openSocket(this.#options.url, [LIVE_PROTOCOL, `${TOKEN_PROTOCOL}${token}`], {
      onOpen: () => {
        if (this.#socket !== socket) return;
        this.#isOpen = true;
        openedMs = this.#deps.clock.nowMs();
        this.#lastHeardMs = openedMs;
        this.#options.onStatus?.('open');
        for (const subscription of this.#subscriptions.values()) this.#ask(subscription);
        void this.#keepAlive(socket, ending.signal);
      },
      onMessage: (text) => {
        if (this.#socket === socket) this.#take(text);
      },
      onClose: () => ended.resolve(),
    });
    this.#socket = socket;
    await ended.promise;
    this.#isOpen = false;
    ending.abort();
    return openedMs === undefined ? 0 : this.#deps.clock.nowMs() - openedMs;
  }

  async #keepAlive(socket: LiveSocket, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps;
    const openedMs = clock.nowMs();
    const lifeMs = RENEW_MS * (0.9 + random() / 10);
    while (!signal.aborted) {
      await clock.sleep(PING_MS, signal);
      if (signal.aborted) return;
      // A connection of its own choice ends between messages, not in the middle of one.
      if (clock.nowMs() - openedMs > lifeMs) return socket.close();
      const askedMs = clock.nowMs();
      this.#send({ type: 'ping' });
      await clock.sleep(PONG_MS, signal);
      if (!signal.aborted && this.#lastHeardMs < askedMs) return socket.close();
    }
  }

  #ask(subscription: Subscription): void {
    const { id, request, views } = subscription;
    // A source is always sent in full: its version does not say which of its closed windows have arrived.
    const known = request.rollup === undefined ? [] : [...views.values()];
    const have = whatFits(known.flatMap((view) => view.have() ?? []));
    for (const view of views.values()) view.await();
    subscription.alerts.await();
    subscription.isReady = false;
    subscription.round += 1;
    const { round } = subscription;
    this.#send({ type: 'subscribe', id, round, ...request, ...(have.length === 0 ? {} : { have }) });
  }

  #take(text: string): void {
    this.#lastHeardMs = this.#deps.clock.nowMs();
    const message = readMessage(text);
    // What this client does not know is of a server that is newer: it says nothing to this one.
    if (message === undefined) return;
    switch (message.type) {
      case 'snapshot':
      case 'current': {
        const subscription = this.#askedIn(message);
        if (subscription === undefined) return;
        const view = this.#viewOf(subscription, message.series);
        this.#tell(
          subscription,
          view,
          message.type === 'snapshot' ? view.takeSnapshot(message) : view.takeCurrent(),
        );
        return;
      }
      case 'changes':
        for (const change of message.changes) {
          for (const id of change.for ?? []) {
            const subscription = this.#subscriptions.get(id);
            if (subscription === undefined) continue;
            const view = this.#viewOf(subscription, change.series);
            this.#tell(subscription, view, view.takeChange(change));
          }
        }
        return;
      case 'alerts': {
        const subscription = this.#askedIn(message);
        if (subscription !== undefined)
          this.#tellOfAlerts(subscription, subscription.alerts.takeSnapshot(message));
        return;
      }
      case 'transitions':
        this.#takeTransitions(message.transitions);
        return;
      case 'ready': {
        const subscription = this.#askedIn(message);
        if (subscription === undefined) return;
        // Series that began since are known from their first version on: nothing of them was to be snapped.
        for (const view of subscription.views.values()) {
          if (!message.series.includes(view.series)) this.#tell(subscription, view, view.takeCurrent());
        }
        subscription.isReady = true;
        subscription.listener.onReady?.();
        return;
      }
      case 'pong':
        for (const subscription of this.#subscriptions.values()) {
          const isKnown = message.subscriptions.includes(subscription.id);
          if (!isKnown || !subscription.isReady) this.#ask(subscription);
        }
        return;
      case 'error': {
        const subscription = message.id === undefined ? undefined : this.#subscriptions.get(message.id);
        if (subscription === undefined) return;
        this.#subscriptions.delete(subscription.id);
        subscription.listener.onError?.(message.detail);
        return;
      }
    }
  }

  #askedIn({ id, round }: { readonly id: string; readonly round: number }): Subscription | undefined {
    const subscription = this.#subscriptions.get(id);
    return subscription?.round === round ? subscription : undefined;
  }

  #viewOf(subscription: Subscription, series: string): SeriesView {
    const known = subscription.views.get(series);
    if (known !== undefined) return known;
    const view = new SeriesView(series, { keep: this.#options.keep ?? 240 });
    subscription.views.set(series, view);
    // After the snapshots a series that shows up is new, and has none to wait for.
    if (subscription.isReady) view.takeCurrent();
    return view;
  }

  #tell(subscription: Subscription, view: SeriesView, outcome: ViewOutcome): void {
    switch (outcome.kind) {
      case 'changed':
        subscription.listener.onChange?.(view, outcome.windows);
        return;
      case 'gap':
        this.#ask(subscription);
        return;
      case 'known':
      case 'waiting':
        return;
    }
  }

  /** Those of one message together. */
  #takeTransitions(transitions: readonly LiveTransition[]): void {
    const changed = new Map<Subscription, LiveAlert[]>();
    for (const { alert, for: ids } of transitions) {
      for (const id of ids) {
        const subscription = this.#subscriptions.get(id);
        if (subscription?.request.alerts === undefined) continue;
        const outcome = subscription.alerts.takeTransition(alert);
        const before = changed.get(subscription) ?? [];
        if (outcome.kind === 'changed') changed.set(subscription, [...before, ...outcome.alerts]);
        if (outcome.kind !== 'gap') continue;
        // Changes from before the gap are reported before those after it are requested.
        changed.delete(subscription);
        if (before.length > 0) this.#tellOfAlerts(subscription, { kind: 'changed', alerts: before });
        this.#ask(subscription);
      }
    }
    for (const [subscription, alerts] of changed)
      this.#tellOfAlerts(subscription, { kind: 'changed', alerts });
  }

  #tellOfAlerts(subscription: Subscription, outcome: AlertsOutcome): void {
    if (outcome.kind === 'gap') this.#ask(subscription);
    if (outcome.kind === 'changed') subscription.listener.onAlerts?.(subscription.alerts, outcome.alerts);
  }

  #send(message: object): void {
    this.#socket?.send(JSON.stringify(message));
  }
}

/** Whatever does not fit is sent again in full, which costs more and has the same result. */
function whatFits(have: readonly Have[]): readonly Have[] {
  let bytes = 0;
  const tooMany = have.findIndex((known, at) => {
    bytes += utf8.encode(JSON.stringify(known)).length + 1;
    return at >= MAX_SERIES || bytes > MAX_HAVE_BYTES;
  });
  return tooMany < 0 ? have : have.slice(0, tooMany);
}

const utf8 = new TextEncoder();

function readMessage(text: string): ServerMessage | undefined {
  try {
    const checked = checkValue(serverMessageSchema, JSON.parse(text), 'message', { newer: true });
    return checked.kind === 'valid' ? checked.value : undefined;
  } catch {
    return undefined;
  }
}
