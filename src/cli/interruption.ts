// Ctrl-C and its kin: the first asks for an orderly end; another, a while later, ends at once. What was started ends
// with this process either way.

const SAME_KEYSTROKE_MS = 500;

export function onInterruption(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const stopping = new AbortController();
  let askedAtMs = 0;
  const stop = () => {
    // One Ctrl-C may come twice: from the terminal, and from whatever runs this command in it.
    if (stopping.signal.aborted && performance.now() - askedAtMs > SAME_KEYSTROKE_MS) process.exit(130);
    if (stopping.signal.aborted) return;
    askedAtMs = performance.now();
    stopping.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, stop);
  return {
    signal: stopping.signal,
    dispose: () => {
      for (const name of signals) process.off(name, stop);
    },
  };
}
