// Headers that API Gateway keeps for itself: of answers they go out under another name, of requests they fail.
type Headers = Readonly<Record<string, string | readonly string[]>>;

/** Headers that are renamed in answers. */
const REMAPPED = [
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'host',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'trailer',
  'upgrade',
  'user-agent',
  'www-authenticate',
];

/** Headers of requests that neither a function nor a template sees. */
const ENDING_HERE = [
  'connection',
  'content-length',
  'content-md5',
  'expect',
  'max-forwards',
  'proxy-authenticate',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'www-authenticate',
];

/** Headers that no request to a backend may have. */
const FORBIDDEN = [
  'authorization',
  'connection',
  'content-length',
  'expect',
  'proxy-authenticate',
  'te',
  'transfer-encoding',
];

export const endsAtTheService = (name: string): boolean => ENDING_HERE.includes(name.toLowerCase());

export const isForbiddenToBackend = (name: string): boolean => FORBIDDEN.includes(name.toLowerCase());

/** A later one replaces an earlier one of its name, whatever the capitals. */
export function mergeHeaders(...all: readonly Headers[]): Headers {
  const byName = new Map<string, [string, Headers[string]]>();
  for (const [name, value] of all.flatMap(Object.entries)) byName.set(name.toLowerCase(), [name, value]);
  return Object.fromEntries(byName.values());
}

export function remapHeaders<T extends Headers>(headers: T): Headers {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => {
      const lower = name.toLowerCase();
      if (lower === 'transfer-encoding') return [];
      if (!REMAPPED.includes(lower)) return [[name, value]];
      return [[`x-amzn-Remapped-${name}`, value]];
    }),
  );
}
