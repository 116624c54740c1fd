// The part of a WebSocket the client uses, so that browsers, Node and tests can each bring their own.

export interface LiveSocket {
  /** Sends nothing where the connection is not open: everything is asked for again on the next one. */
  send(text: string): void;
  close(): void;
}

export interface SocketListener {
  onOpen(): void;
  onMessage(text: string): void;
  /** Once, however it ended; also where it could not be opened. */
  onClose(): void;
}

export type OpenSocket = (url: string, protocols: readonly string[], listener: SocketListener) => LiveSocket;

/** The platform's own: browsers have it, and Node since 22. */
export const openWebSocket: OpenSocket = (url, protocols, listener) => {
  const socket = new WebSocket(url, [...protocols]);
  let isClosed = false;
  const closed = () => {
    if (isClosed) return;
    isClosed = true;
    listener.onClose();
  };
  socket.addEventListener('open', () => listener.onOpen());
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') listener.onMessage(data);
  });
  socket.addEventListener('close', closed);
  socket.addEventListener('error', closed);
  return {
    send: (text) => {
      // Browsers write to the page's console of what is sent to one that is closing.
      if (socket.readyState === WebSocket.OPEN) socket.send(text);
    },
    close: () => {
      socket.close();
      // The other side may never answer: this one is done with it.
      closed();
    },
  };
};
