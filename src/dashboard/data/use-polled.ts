// What is asked for again and again, while somebody looks.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Fetched } from './api.ts';

export interface Polled<T> {
  /** As last answered; stays while a later asking has trouble. */
  readonly value: T | undefined;
  readonly atMs: number | undefined;
  readonly missing: string | undefined;
  readonly trouble: string | undefined;
}

export interface Polling<T> {
  /** Names what is requested: another key starts again from nothing. */
  readonly key: string;
  readonly everyMs: number;
  readonly load: (signal: AbortSignal) => Promise<Fetched<T>>;
}

const NOTHING = { value: undefined, atMs: undefined, missing: undefined, trouble: undefined };

export function usePolled<T>({ key, everyMs, load }: Polling<T>): Polled<T> {
  const [state, setState] = useState<Polled<T>>(NOTHING);
  const latest = useRef(load);
  latest.current = load;
  useEffect(() => {
    setState(NOTHING);
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    const ask = async () => {
      if (isAsking || document.visibilityState === 'hidden') return;
      isAsking = true;
      clearTimeout(timer);
      const fetched = await latest.current(ending.signal);
      isAsking = false;
      if (ending.signal.aborted) return;
      setState((before) => taken(before, fetched));
      if (fetched.kind !== 'unauthorized') timer = setTimeout(ask, everyMs);
    };
    // A tab that comes to the front again shows what is, not what was.
    const onVisible = () => void ask();
    document.addEventListener('visibilitychange', onVisible);
    void ask();
    return () => {
      ending.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [key, everyMs]);
  return state;
}

function taken<T>(before: Polled<T>, fetched: Fetched<T>): Polled<T> {
  switch (fetched.kind) {
    case 'answer':
      return { ...NOTHING, value: fetched.value, atMs: Date.now() };
    case 'missing':
      return { ...NOTHING, missing: fetched.detail };
    case 'trouble':
      return { ...before, trouble: fetched.detail };
    case 'unauthorized':
      return before;
  }
}
