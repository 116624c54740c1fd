// Ctrl-C and its kin: the first asks for an orderly end, the second ends at once.

export function onInterruption(): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const stopping = new AbortController();
  const stop = () => {
    if (stopping.signal.aborted) process.exit(130);
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
