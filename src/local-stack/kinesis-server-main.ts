// The process of the local Kinesis server: kinesalite on the loopback interface (its own command listens on all).
// Arguments: port, and a data folder if it is to keep its data. Says `{ port }` to its parent once it listens.
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:net';
import kinesalite from 'kinesalite';
import { forOwnClients } from './own-clients.ts';

const [port, path] = process.argv.slice(2);
const server = kinesalite({
  ...(path === undefined ? {} : { path }),
  createStreamMs: 0,
  updateStreamMs: 0,
  deleteStreamMs: 0,
  // Quotas of an account are no concern here.
  shardLimit: 10_000,
});

forOwnClients(server, process.env['ACCESS_KEY']);

// The SDK's Kinesis client speaks HTTP/2 unless it is told otherwise, and kinesalite HTTP/1.1 alone: a request of the one is
// handed to the listeners of the other.
const http2 = createHttp2Server((request, response) => {
  request.headers.host ??= request.authority;
  server.emit('request', request, response);
});

/** First bytes of a connection that speaks HTTP/2 from its beginning. */
const PREFACE = Buffer.from('PRI * HTTP/2');

const door = createServer((socket) => {
  socket.once('readable', () => {
    const first: Buffer | null = socket.read();
    if (first === null) return;
    socket.unshift(first);
    const isHttp2 = first.subarray(0, PREFACE.length).equals(PREFACE);
    (isHttp2 ? http2 : server).emit('connection', socket);
  });
  socket.on('error', () => socket.destroy());
});

process.once('SIGTERM', () => {
  door.close();
  // Its own `close` puts the data folder in order; it listens nowhere by itself.
  server.close(() => process.exit(0));
  server.closeAllConnections();
});

door.listen(Number(port), '127.0.0.1', () => {
  const address = door.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
