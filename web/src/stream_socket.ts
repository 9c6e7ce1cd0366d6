/** Close code of the liveness stream for "the person cancelled". */
const kCancelled = 4003;

let open_sockets: WebSocket[] = [];
let on_refused: (() => void) | null = null;

/**
 * Three things about the widget's socket, which it opens by itself:
 * it is always `wss://`, but on a plain-HTTP page (http://localhost in development) the same server listens without
 * TLS, so sockets to the page's own origin are opened as `ws://` there; it is remembered, for `cancel_stream`; and one
 * that cannot be opened is reported at once, for `watch_stream`: the widget would wait ten seconds.
 */
export function install_stream_socket(scope: Window & typeof globalThis): void {
  if (!scope.WebSocket) return;
  const secure_origin = `wss://${scope.location.host}/`;
  const plain = scope.location.protocol === 'http:';

  class StreamSocket extends scope.WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      const address = String(url);
      super(plain && address.startsWith(secure_origin) ? `ws:${address.slice('wss:'.length)}` : address, protocols);
      open_sockets.push(this);
      let opened = false;
      this.addEventListener('open', () => { opened = true; });
      this.addEventListener('close', () => {
        open_sockets = open_sockets.filter((socket) => socket !== this);
        if (!opened) on_refused?.();
      });
    }
  }
  scope.WebSocket = StreamSocket;
}

/** Calls `refused` when a stream cannot be opened, until the returned function is called. One watcher at a time. */
export function watch_stream(refused: () => void): () => void {
  on_refused = refused;
  return () => {
    if (on_refused === refused) on_refused = null;
  };
}

/** Tells the server that the check is over. Taking the widget off the page alone would leave its stream open. */
export function cancel_stream(): void {
  for (const socket of open_sockets) socket.close(kCancelled);
}
