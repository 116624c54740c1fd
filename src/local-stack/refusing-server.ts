// Answers calls to services that do not run here: no call of a function leaves the machine, and the answer says why.
import { createServer } from 'node:http';
import { type ListeningServer, listenHere } from './listen-here.ts';

/** Answers 400, which the SDK does not try again. */
export async function startRefusingServer(accessKey: string): Promise<ListeningServer> {
  const server = createServer((request, response) => {
    // `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`
    const scope = /Credential=[^,\s]*/.exec(request.headers.authorization ?? '')?.[0] ?? '';
    const service = scope.split('/')[3] ?? 'a service';
    const message = `${service} does not run locally: found ${request.headers['x-amz-target'] ?? `${request.method} ${request.url}`}`;
    request.resume();
    response.writeHead(400, {
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-errortype': 'ServiceNotRunLocally',
    });
    response.end(JSON.stringify({ __type: 'ServiceNotRunLocally', message }));
  });
  return await listenHere(server, 'the server that refuses', accessKey);
}
