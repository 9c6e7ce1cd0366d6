/**
 * The liveness widget always streams to `wss://`. On a plain-HTTP page (http://localhost in development) the same
 * server listens without TLS, so sockets to the page's own origin are opened as `ws://` there. Others are untouched.
 */
export function install_local_websocket(scope: Window & typeof globalThis): void {
  if (scope.location.protocol !== 'http:') return;
  const secure_origin = `wss://${scope.location.host}/`;

  class LocalWebSocket extends scope.WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      const address = String(url);
      super(address.startsWith(secure_origin) ? `ws:${address.slice('wss:'.length)}` : address, protocols);
    }
  }
  scope.WebSocket = LocalWebSocket;
}
