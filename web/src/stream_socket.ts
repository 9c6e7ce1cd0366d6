/** Close code of the liveness stream for "the person cancelled". */
const kCancelled = 4003;

let open_sockets: WebSocket[] = [];

/**
 * Two things about the widget's socket, which it opens by itself:
 * it is always `wss://`, but on a plain-HTTP page (http://localhost in development) the same server listens without
 * TLS, so sockets to the page's own origin are opened as `ws://` there; and it is remembered, for `cancel_stream`.
 */
export function install_stream_socket(scope: Window & typeof globalThis): void {
  const secure_origin = `wss://${scope.location.host}/`;
  const plain = scope.location.protocol === 'http:';

  class StreamSocket extends scope.WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      const address = String(url);
      super(plain && address.startsWith(secure_origin) ? `ws:${address.slice('wss:'.length)}` : address, protocols);
      open_sockets.push(this);
      this.addEventListener('close', () => {
        open_sockets = open_sockets.filter((socket) => socket !== this);
      });
    }
  }
  scope.WebSocket = StreamSocket;
}

/** Tells the server that the check is over. Taking the widget off the page alone would leave its stream open. */
export function cancel_stream(): void {
  for (const socket of open_sockets) socket.close(kCancelled);
}
