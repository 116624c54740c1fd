// Live connections without a network: the live door and the live consumer on one side, clients on the other, and between
// them posts that arrive in order, late, or not at all.
import { createLive } from '../../consumers/live/live.ts';
import { createSubscribe } from '../../consumers/subscribe/subscribe.ts';
import type { LiveSocket, OpenSocket, SocketListener } from '../../src/live-client/live-socket.ts';
import type { LivePoster, PostOutcome } from '../../src/platform/live-poster.ts';
import type { Alerts } from '../../src/stores/alerts.ts';
import type { Windows } from '../../src/stores/windows.ts';
import { LIVE_PROTOCOL } from '../../src/wire/live/messages.ts';
import type { WebSocketEvent } from '../../src/wire/websocket-event.ts';
import { changeRecord } from './change-records.ts';
import { sequenceOf } from './event-streams.ts';
import type { Faults } from './faults.ts';
import { authorizerOf } from './held-token.ts';
import type { ReadingSystem } from './reading-system.ts';

interface Connection {
  readonly listener: SocketListener;
  /** Posted and not read yet. */
  readonly inbox: string[];
  /** What the client has sent, one after the other. */
  sending: Promise<unknown>;
}

export class LiveNetwork {
  readonly #system: ReadingSystem;
  readonly #faults: Faults;
  readonly #connections = new Map<string, Connection>();
  readonly #subscribe;
  readonly #live;
  /** How many records of each changelog the live consumer has been given. */
  readonly #told = { windows: 0, live: 0, alerts: 0 };
  #opened = 0;
  /** Every text that was sent by either side: for looking at. */
  readonly sent: string[] = [];

  /** `door`: what the live door reads from, where it is not what everyone does. */
  constructor(
    system: ReadingSystem,
    faults: Faults,
    door: { readonly windows?: Windows; readonly alerts?: Alerts } = {},
  ) {
    this.#system = system;
    this.#faults = faults;
    const { pipeline, states, windows, alerts, directory, connections, standing, recent, clock, observed } =
      system;
    const common = {
      pipeline,
      windows,
      connections,
      standing,
      recent,
      clock,
      random: () => 0.5,
      poster: this.#poster(),
      log: observed.log,
      meter: observed.meter,
    };
    this.#subscribe = createSubscribe({ ...common, states, directory, alerts, ...door });
    this.#live = createLive(common);
  }

  readonly openSocket: OpenSocket = (_, protocols, listener): LiveSocket => {
    this.#opened += 1;
    const id = `c${this.#opened}`;
    const connection: Connection = { listener, inbox: [], sending: Promise.resolve() };
    this.#connections.set(id, connection);
    const send = (eventType: WebSocketEvent['requestContext']['eventType'], body?: string) => {
      const routeKey = eventType === 'MESSAGE' ? '$default' : `$${eventType.toLowerCase()}`;
      const headers = { 'Sec-WebSocket-Protocol': protocols.join(', ') };
      const event = {
        requestContext: { routeKey, eventType, connectionId: id, authorizer: authorizerOf() },
        headers,
        body: body ?? null,
      };
      connection.sending = connection.sending.then(() => this.#subscribe(event));
      return connection.sending;
    };
    const refused = this.#faults.draw(10) === 9;
    void send('CONNECT').then((answer) => {
      if (refused || JSON.stringify(answer).includes(LIVE_PROTOCOL) === false) return this.drop(id);
      listener.onOpen();
    });
    return {
      send: (text) => {
        this.sent.push(text);
        if (this.#connections.has(id)) void send('MESSAGE', text);
      },
      close: () => this.drop(id),
    };
  };

  get connectionIds(): readonly string[] {
    return [...this.#connections.keys()];
  }

  /** The connection ends; the server may or may not be told. What was posted and not read is lost. */
  drop(id: string): void {
    const connection = this.#connections.get(id);
    if (connection === undefined) return;
    this.#connections.delete(id);
    if (this.#faults.draw(2) === 0) {
      const requestContext = { routeKey: '$disconnect', eventType: 'DISCONNECT' as const, connectionId: id };
      connection.sending = connection.sending.then(() => this.#subscribe({ requestContext }));
    }
    connection.listener.onClose();
  }

  /** Lets clients read what was posted to them, all or the first so many. */
  async deliver(most = Number.POSITIVE_INFINITY): Promise<void> {
    await this.#system.clock.settle();
    for (const { inbox, listener } of [...this.#connections.values()]) {
      for (const text of inbox.splice(0, most)) listener.onMessage(text);
    }
    await this.#system.clock.settle();
  }

  /** The live consumer's next records of a changelog; again from `back` records before, as a redelivery does. */
  async tell(
    changelog: 'windows' | 'live' | 'alerts',
    { most = Number.POSITIVE_INFINITY, back = 0, lost = false } = {},
  ): Promise<void> {
    const changes = this.#changesOf(changelog);
    const from = Math.max(0, this.#told[changelog] - back);
    const to = Math.min(changes.length, this.#told[changelog] + most);
    this.#told[changelog] = to;
    if (lost || from === to) return;
    const Records = changes.slice(from, to).map((change, at) => changeRecord(change, sequenceOf(from + at)));
    const { batchItemFailures } = await this.#system.clock.run(this.#live({ Records }));
    if (batchItemFailures.length > 0) throw new Error('changes were not told');
  }

  #changesOf(changelog: 'windows' | 'live' | 'alerts') {
    return changelog === 'live' ? this.#system.liveChanges : this.#system.tables.changes[changelog];
  }

  get isBehind(): boolean {
    const { windows, live } = this.#told;
    return windows < this.#system.tables.changes.windows.length || live < this.#system.liveChanges.length;
  }

  get isQuiet(): boolean {
    return [...this.#connections.values()].every(({ inbox }) => inbox.length === 0);
  }

  #poster(): LivePoster {
    return {
      post: async (id, text): Promise<PostOutcome> => {
        const connection = this.#connections.get(id);
        if (connection === undefined) return 'gone';
        const fault = this.#faults.draw(30);
        if (fault === 29) return 'busy';
        if (fault === 28) return 'failed';
        connection.inbox.push(text);
        this.sent.push(text);
        return 'posted';
      },
      disconnect: async (id) => {
        this.drop(id);
        return 'ended';
      },
    };
  }
}
