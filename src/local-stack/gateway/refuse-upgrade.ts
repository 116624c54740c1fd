import type { Duplex } from 'node:stream';

/** Answers and is done with the connection: a client that keeps its side open would keep the server from stopping. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
