// Runs in the page, before its own scripts. Takes the place of the connection of the liveness stream, so that a test can
// say what the server would say only under load or when something breaks. `scripted_stream.welcome` (base64) is the first
// message of every stream; `refuses` makes the next ones fail to open; `say(base64)` and `hang_up(code)` act on the newest.
function install_scripted_stream() {
  const bytes_of = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
  const script = { welcome: null, refuses: false, close_codes: [] };
  window.scripted_stream = script;
  let newest = null;

  window.WebSocket = class extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSING = 2;
    static CLOSED = 3;
    readyState = 0;

    constructor(url) {
      super();
      this.url = String(url);
      newest = this;
      setTimeout(() => {
        if (script.refuses) {
          this.end(1006);
          return;
        }
        this.readyState = 1;
        this.tell(new Event('open'));
        if (script.welcome) setTimeout(() => this.tell(new MessageEvent('message', { data: bytes_of(script.welcome) })));
      });
    }

    tell(event) {
      this[`on${event.type}`]?.(event);
      this.dispatchEvent(event);
    }

    end(code) {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.tell(new CloseEvent('close', { code }));
    }

    send() {}

    close(code) {
      script.close_codes.push(code);
      this.end(code);
    }
  };

  script.say = (message) => newest.tell(new MessageEvent('message', { data: bytes_of(message) }));
  script.hang_up = (code) => newest.end(code);
}
