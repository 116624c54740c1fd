// The process of the local Kinesis server: kinesalite on the loopback interface (its own command listens on all).
// Arguments: port, and a data folder if it is to keep its data. Says `{ port }` to its parent once it listens.
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

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeAllConnections();
});

server.listen(Number(port), '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.send?.({ port: address.port });
});
