// Messages cut to what a connection carries at once.
import type { Change, LiveWindow, ServerMessage } from './messages.ts';

/** API Gateway bills by 32 KB, and sends a larger message in frames. */
const PACK_BYTES = 30_000;
/** A message ends at 128 KB; a text's UTF-16 code unit takes up to three bytes. */
const MAX_MESSAGE_LENGTH = 40_000;

/** Changes in their order, several to a message. One too large for any is told as stale: its series is to be asked for anew. */
export function packChanges(changes: readonly Change[]): readonly string[] {
  const packed: string[] = [];
  let pack: string[] = [];
  let length = 0;
  const finish = () => {
    if (pack.length > 0) packed.push(`{"type":"changes","changes":[${pack.join(',')}]}`);
    pack = [];
    length = 0;
  };
  for (const change of changes) {
    const whole = JSON.stringify(change);
    const text = whole.length <= MAX_MESSAGE_LENGTH ? whole : JSON.stringify(staleOf(change));
    if (length + text.length > PACK_BYTES) finish();
    pack.push(text);
    length += text.length;
  }
  finish();
  return packed;
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
