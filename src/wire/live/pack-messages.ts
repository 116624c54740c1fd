// Messages cut to what a connection carries at once.
import type { AlertsSnapshot, Change, LiveTransition, LiveWindow, ServerMessage } from './messages.ts';

/** API Gateway bills by 32 KB, and sends a larger message in frames. */
const PACK_BYTES = 30_000;
/** A message ends at 128 KB; a text's UTF-16 code unit takes up to three bytes. */
const MAX_MESSAGE_LENGTH = 40_000;

/** Changes in their order, several to a message. A change too large for a message is sent as stale: its series must be requested again. */
export function packChanges(changes: readonly Change[]): readonly string[] {
  const texts = changes.map((change) => {
    const whole = JSON.stringify(change);
    return whole.length <= MAX_MESSAGE_LENGTH ? whole : JSON.stringify(staleOf(change));
  });
  return pack(texts).map((packed) => `{"type":"changes","changes":[${packed.join(',')}]}`);
}

/** Transitions in their order. Each is some hundred bytes, a few thousand with long names. */
export function packTransitions(transitions: readonly LiveTransition[]): readonly string[] {
  const texts = transitions.map((transition) => JSON.stringify(transition));
  return pack(texts).map((packed) => `{"type":"transitions","transitions":[${packed.join(',')}]}`);
}

/** In as many messages as it takes; one at least. */
export function packAlerts({ alerts, ...rest }: Omit<AlertsSnapshot, 'last'>): readonly string[] {
  const packs = pack(alerts.map((alert) => JSON.stringify(alert)));
  const frame = JSON.stringify(rest).slice(0, -1);
  const message = (packed: readonly string[], last: boolean) =>
    `${frame},"alerts":[${packed.join(',')}],"last":${last}}`;
  if (packs.length === 0) return [message([], true)];
  return packs.map((packed, at) => message(packed, at === packs.length - 1));
}

function pack(texts: readonly string[]): readonly (readonly string[])[] {
  const packs: string[][] = [];
  let length = Number.POSITIVE_INFINITY;
  for (const text of texts) {
    if (length + text.length > PACK_BYTES) {
      packs.push([]);
      length = 0;
    }
    packs.at(-1)?.push(text);
    length += text.length;
  }
  return packs;
}

function staleOf({ windows: _, removed: __, ...change }: Change): Change {
  return { ...change, windows: [], stale: true };
}

/** A snapshot in as many messages as it takes; the versions stand in the last one. */
export function packSnapshot(
  snapshot: Omit<Extract<ServerMessage, { type: 'snapshot' }>, 'last'>,
): readonly string[] {
  const messages: string[] = [];
  let windows: LiveWindow[] = [];
  let length = 0;
  for (const window of snapshot.windows) {
    const size = JSON.stringify(window).length;
    if (length + size > PACK_BYTES && windows.length > 0) {
      messages.push(JSON.stringify({ ...snapshot, versions: [], windows, last: false }));
      windows = [];
      length = 0;
    }
    windows.push(size <= MAX_MESSAGE_LENGTH ? window : withoutTexts(window));
    length += size;
  }
  messages.push(JSON.stringify({ ...snapshot, windows, last: true }));
  return messages;
}

/** Without the texts it has counted, which are all that makes a window so large. */
function withoutTexts({ window, ...rest }: LiveWindow): LiveWindow {
  const { distinct: _, topK: __, ...figures } = window;
  return { ...rest, window: figures };
}
