// Who may talk to the servers of a local run: its own clients. Any page in a browser on this machine can send requests to
// the loopback interface, under a name of its own that it lets point there (DNS rebinding), and so can every user and
// program of the machine. So a server asks for the name that it is called by, takes nothing from a page, and wants the
// run's access key, which stands in a file for its owner's eyes alone.
import type { IncomingMessage, RequestListener, Server } from 'node:http';

/**
 * Makes a server answer 403 to whoever is no client of this run. Call it once its request listeners are set.
 * `accessKey`: what clients give as access key id (or as bearer); default: any.
 */
export function forOwnClients(server: Server, accessKey?: string): void {
  // What `createServer` and `on` have put there.
  const listeners = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const strange = strangenessOf(request, accessKey);
    if (strange === undefined) {
      for (const listener of listeners) listener(request, response);
      return;
    }
    request.resume();
    response.writeHead(403, { 'content-type': 'application/x-amz-json-1.1' });
    response.end(JSON.stringify({ __type: 'AccessDeniedException', message: strange }));
  });
}

/** What is strange about a request; undefined: nothing, it is of a client of this run. */
function strangenessOf(request: IncomingMessage, accessKey: string | undefined): string | undefined {
  if (!isCalledHere(request)) return 'found another host name, expected 127.0.0.1 or localhost';
  if (request.headers.origin !== undefined) return 'found the request of a page, expected one of this run';
  return hasAccessKey(request, accessKey)
    ? undefined
    : 'found no access key of this run, expected the one that its own clients have';
}

/** Whether the request names this machine, as every client here does unless it was given another address. */
export function isCalledHere({ headers }: IncomingMessage): boolean {
  return /^(?:127\.0\.0\.1|localhost)(?::\d{1,5})?$/i.test(headers.host ?? '');
}

export function hasAccessKey({ headers }: IncomingMessage, accessKey: string | undefined): boolean {
  if (accessKey === undefined) return true;
  const [scheme, key] = (headers.authorization ?? '').split(/ +(?:Credential=)?|\//);
  return (scheme === 'AWS4-HMAC-SHA256' || scheme === 'Bearer') && key === accessKey;
}
