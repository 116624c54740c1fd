// Route selection expressions of WebSocket APIs: `$request.body.action`, or several with static text between.
import { followJsonPath, parseJsonPath } from './json-path.ts';

type SelectionPart =
  | { readonly kind: 'text'; readonly text: string }
  /** A JSONPath into the message. */
  | { readonly kind: 'member'; readonly path: string };

export type RouteSelection = readonly SelectionPart[];

const REFERENCE = /\$\{request\.body\.([^}]+)\}|\$request\.body\.([A-Za-z_][\w.[\]-]*)/g;

/** @throws where an expression has anything but text and members of `$request.body` */
export function parseRouteSelection(expression: string, where: string): RouteSelection {
  const parts: SelectionPart[] = [];
  let at = 0;
  for (const found of expression.matchAll(REFERENCE)) {
    parts.push({ kind: 'text', text: expression.slice(at, found.index) });
    const path = `$.${found[1] ?? found[2]}`;
    parseJsonPath(path);
    parts.push({ kind: 'member', path });
    at = found.index + found[0].length;
  }
  parts.push({ kind: 'text', text: expression.slice(at) });
  if (parts.length > 1 && parts.every((part) => part.kind === 'member' || !part.text.includes('$')))
    return parts;
  throw new Error(
    `template, ${where}: found ${expression}, expected members of $request.body and text: nothing else is selected by locally`,
  );
}

/** The route's key that a message asks for; undefined: it is no JSON. */
export function selectRoute(selection: RouteSelection, message: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(message);
  } catch {
    return undefined;
  }
  return selection.map((part) => (part.kind === 'text' ? part.text : memberText(body, part.path))).join('');
}

/** What is not there is the empty text. */
function memberText(body: unknown, path: string): string {
  const [value] = followJsonPath(body, path).values;
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
