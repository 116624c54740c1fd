import { afterEach, expect, it, vi } from 'vitest';
import { openWebSocket } from '../../../src/live-client/live-socket.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

/** As browsers have it: what is sent to one that is closing is lost, with an error on the page's console. */
class FakeWebSocket extends EventTarget {
  static readonly OPEN = 1;
  static latest: FakeWebSocket | undefined;
  readyState = 0;
  readonly sent: string[] = [];

  constructor() {
    super();
    FakeWebSocket.latest = this;
  }

  send(text: string): void {
    this.sent.push(text);
  }
}

it('sends while the connection is open, and nothing to one that is closing', () => {
  vi.stubGlobal('WebSocket', FakeWebSocket);
  const heard: string[] = [];
  const socket = openWebSocket('wss://here/live', [], {
    onOpen: () => heard.push('open'),
    onMessage: () => {},
    onClose: () => heard.push('close'),
  });
  const fake = FakeWebSocket.latest;
  if (fake === undefined) throw new Error('no socket was opened');
  for (const [readyState, text] of [
    [0, 'connecting'],
    [1, 'open'],
    [2, 'closing'],
    [3, 'closed'],
  ] as const) {
    fake.readyState = readyState;
    socket.send(text);
  }
  expect(fake.sent).toEqual(['open']);
  // An error comes before its close: the end is told once.
  fake.dispatchEvent(new Event('error'));
  fake.dispatchEvent(new Event('close'));
  expect(heard).toEqual(['close']);
});
