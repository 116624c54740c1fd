// Where in the dashboard one is, in the fragment of the address: the server need not know of it.

export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'source'; readonly source: string }
  | { readonly page: 'rollups'; readonly rollup: string | undefined }
  | { readonly page: 'series'; readonly rollup: string; readonly values: readonly (string | null)[] }
  | { readonly page: 'alerts' }
  | { readonly page: 'ledger' }
  | { readonly page: 'operations' }
  | { readonly page: 'unknown'; readonly fragment: string };

/** What stands for an event without the tag; a value that begins so is given one more. */
const NONE = '~';

/** `fragment` with or without its `#`. */
export function readRoute(fragment: string): Route {
  const unknown: Route = { page: 'unknown', fragment };
  const parts: string[] = [];
  for (const part of fragment.replace(/^#?\/?/, '').split('/')) {
    const text = decoded(part);
    if (text === undefined) return unknown;
    parts.push(text);
  }
  const [page = '', ...rest] = parts;
  const [first] = rest;
  switch (page) {
    case '':
      return { page: 'overview' };
    case 'sources':
      return first === undefined || first === '' ? { page: 'overview' } : { page: 'source', source: first };
    case 'rollups':
      if (first === undefined || first === '') return { page: 'rollups', rollup: undefined };
      if (rest.length === 1) return { page: 'rollups', rollup: first };
      return { page: 'series', rollup: first, values: rest.slice(1).map(readValue) };
    case 'alerts':
      return { page: 'alerts' };
    case 'ledger':
      return { page: 'ledger' };
    case 'operations':
      return { page: 'operations' };
    default:
      return unknown;
  }
}

/** With its `#`. */
export function writeRoute(route: Route): string {
  switch (route.page) {
    case 'overview':
      return '#/';
    case 'source':
      return `#/sources/${encodeURIComponent(route.source)}`;
    case 'rollups':
      return route.rollup === undefined ? '#/rollups' : `#/rollups/${encodeURIComponent(route.rollup)}`;
    case 'series': {
      // A rollup without tags has the one series without values.
      const values = route.values.length === 0 ? [''] : route.values.map(writeValue);
      return `#/rollups/${[route.rollup, ...values].map(encodeURIComponent).join('/')}`;
    }
    case 'alerts':
      return '#/alerts';
    case 'ledger':
      return '#/ledger';
    case 'operations':
      return '#/operations';
    case 'unknown':
      return route.fragment;
  }
}

function readValue(text: string): string | null {
  if (text === NONE) return null;
  return text.startsWith(NONE) ? text.slice(1) : text;
}

function writeValue(value: string | null): string {
  if (value === null) return NONE;
  return value.startsWith(NONE) ? `${NONE}${value}` : value;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined; // no address that was ever written here
  }
}
