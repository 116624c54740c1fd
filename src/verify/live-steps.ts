// Live changes: who may hear, what is heard, and for how long.
import { LIVE_PROTOCOL, TOKEN_PROTOCOL } from '../wire/live/messages.ts';
import { taken } from './door-steps.ts';
import { deviceOf, eventOf, type Place, sourceOf, until } from './place.ts';
import { broken, HELD, type Step } from './step.ts';

const DOOR =
  'the authorizer of $connect is not asked, or the subprotocol does not reach it: look at the live API’s access log';

export const LIVE_STEPS: readonly Step[] = [
  {
    id: 'live.token',
    holds: 'a reader connects with its token as a subprotocol, and the protocol’s own name is confirmed',
    otherwise: `${DOOR}; browsers end a connection whose subprotocol is not confirmed (rule 62)`,
    run: async (place) => {
      const line = await Line.open(place, (await readerOf(place)).text);
      line.close();
      return line.isOpen ? HELD : broken('a connection that was refused');
    },
  },
  {
    id: 'live.refuses',
    holds: 'connections without a reader’s token are refused',
    otherwise: DOOR,
    run: async (place) => {
      const { token: device } = await deviceOf(place, 'hears');
      for (const token of [undefined, 'x.y.z', device]) {
        const line = await Line.open(place, token);
        line.close();
        if (line.isOpen)
          return broken(
            `a connection with ${token === undefined ? 'no token' : token === device ? 'a device’s token' : 'a text that is no token'}`,
          );
      }
      return HELD;
    },
  },
  {
    id: 'live.changes',
    holds: 'a subscriber gets a snapshot of a source, and then every change',
    otherwise:
      '`subscribe` or `live` fails, may not post, or `rollup` does not note changes: look at their logs, and at the mappings of `live`',
    run: async (place) => {
      const { source, post } = await deviceOf(place, 'live');
      const line = await Line.open(place, (await readerOf(place)).text);
      line.send({ type: 'subscribe', id: '1', round: 1, source });
      if (!(await line.hears(/"type":"ready"/))) return broken(`no snapshot, but ${line.heard()}`);
      const posted = taken(await post(eventOf(place, { values: { temperature: 12.5 } })));
      if (posted.kind !== 'held') return posted;
      const isTold = await line.hears(/"type":"changes"/);
      line.send({ type: 'ping' });
      const isAlive = await line.hears(/"type":"pong"/);
      line.close();
      return isTold && isAlive ? HELD : broken(`${isTold ? 'no pong' : 'no change'}, but ${line.heard()}`);
    },
  },
  {
    id: 'live.revoked',
    holds: 'a connection ends with its token: one that is revoked may not ask for more',
    otherwise:
      'the connection’s token is not looked up: look at the log of `subscribe` and its right to read tokens',
    run: async (place) => {
      const { id, text } = await readerOf(place);
      const line = await Line.open(place, text);
      await place.revoke(id);
      line.send({ type: 'subscribe', id: '1', round: 1, source: sourceOf(place, 'live') });
      const isEnded = await until(place, async () => (line.isClosed ? true : undefined));
      line.close();
      return isEnded === true && line.heard() === 'nothing'
        ? HELD
        : broken(`a connection that goes on, and ${line.heard()}`);
    },
  },
];

function readerOf(place: Place) {
  return place.issue({ use: 'reader', subject: `verify-${place.run}` });
}

/** One connection, with all that was heard on it. */
class Line {
  readonly #place: Place;
  readonly #texts: string[] = [];
  #send: (text: string) => void = () => {};
  #end: () => void = () => {};
  isOpen = false;
  isClosed = false;

  private constructor(place: Place) {
    this.#place = place;
  }

  /** Resolves when it is open or refused. */
  static async open(place: Place, token: string | undefined): Promise<Line> {
    const line = new Line(place);
    const protocols = token === undefined ? [LIVE_PROTOCOL] : [LIVE_PROTOCOL, `${TOKEN_PROTOCOL}${token}`];
    const decided = Promise.withResolvers<void>();
    const socket = place.openSocket(place.liveUrl, protocols, {
      onOpen: () => {
        line.isOpen = true;
        decided.resolve();
      },
      onMessage: (text) => line.#texts.push(text),
      onClose: () => {
        line.isClosed = true;
        decided.resolve();
      },
    });
    line.#send = (text) => socket.send(text);
    line.#end = () => socket.close();
    await decided.promise;
    return line;
  }

  send(message: object): void {
    if (this.isOpen && !this.isClosed) this.#send(JSON.stringify(message));
  }

  async hears(what: RegExp): Promise<boolean> {
    return (
      (await until(this.#place, async () =>
        this.#texts.some((text) => what.test(text)) ? true : undefined,
      )) === true
    );
  }

  heard(): string {
    return this.#texts.length === 0 ? 'nothing' : this.#texts.join(' ').slice(0, 400);
  }

  close(): void {
    if (!this.isClosed) this.#end();
  }
}
