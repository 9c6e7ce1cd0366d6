// Runs in the page, before its own scripts. Takes the place of the camera: a head in front of a room, which moves into
// the oval that the server asked for and reflects the colours that the screen shows. Frames are drawn in a worker, so
// that a busy page does not slow the camera down.
// options: { worker: text of the worker's files, models: what export_head printed for whoever is seen, the last one from
// the moment on when the widget says to hold still, reflects: bool or the flash of another session, approaches: bool,
// seed, fps }.
// window.scripted_camera: the oval that the server asked for, when the widget began to record, and its flash, as [time, colour] in order.
function install_scripted_camera(options) {
  const width = 640;
  const height = 480;
  const seen = { oval: null, started_at: null, tracks: [], flash: [] };
  window.scripted_camera = seen;
  const now_ms = () => performance.timeOrigin + performance.now();

  watch_wire(seen, now_ms);
  const screen_colour = screen_colour_meter();
  const source = URL.createObjectURL(new Blob([options.worker], { type: 'text/javascript' }));

  function start() {
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const worker = new Worker(source);
    const { models, reflects, approaches, fps } = options;
    // Every camera moves in its own way, those after a reload too.
    const started = Number(sessionStorage.getItem('scripted_cameras') ?? 0);
    sessionStorage.setItem('scripted_cameras', started + 1);
    const seed = options.seed + started;
    worker.postMessage({ models, reflects, approaches, fps, seed, width, height, sink: track.writable }, [track.writable]);
    seen.flash = [];
    const look = () => {
      const now = now_ms();
      const colour = screen_colour();
      if (colour) seen.flash.push([now, colour]);
      worker.postMessage({
        now,
        colour: colour ?? [0, 0, 0],
        flashing: colour !== null,
        oval: seen.oval,
        started_at: seen.started_at,
        hint: document.querySelector('.amplify-liveness-hint')?.textContent ?? '',
      });
    };
    const timer = setInterval(look, 1000 / options.fps);
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      worker.terminate();
      stop();
    };
    track.getSettings = () => ({ deviceId: 'scripted', groupId: 'scripted', frameRate: options.fps, width, height, facingMode: 'user' });
    seen.tracks.push(track);
    return new MediaStream([track]);
  }

  const device = { deviceId: 'scripted', groupId: 'scripted', kind: 'videoinput', label: 'Scripted camera' };
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve([{ ...device, toJSON: () => device }]);
  navigator.mediaDevices.getUserMedia = () => Promise.resolve(start());
}

// The body of an event-stream message: after two lengths, a checksum and the headers, before the last checksum, whose
// bytes may look like text.
function payload_of(data) {
  const view = new DataView(data);
  const headers = view.getUint32(4);
  return new TextDecoder().decode(new Uint8Array(data, 12 + headers, view.getUint32(0) - headers - 16));
}

// Notes what the server asked for, and when the widget began to record, as seen on the wire.
function watch_wire(seen, now_ms) {
  const NativeWebSocket = window.WebSocket;
  window.WebSocket = class extends NativeWebSocket {
    constructor(...args) {
      super(...args);
      seen.oval = null;
      seen.started_at = null;
      this.addEventListener('message', ({ data }) => {
        const text = payload_of(data);
        if (!text.startsWith('{"SessionInformation"')) return;
        const { Challenge } = JSON.parse(text).SessionInformation;
        seen.oval = Object.values(Challenge)[0].OvalParameters;
      });
    }
    send(data) {
      if (seen.started_at === null && new TextDecoder('latin1').decode(data).includes('ClientSessionInformationEvent')) {
        seen.started_at = now_ms();
      }
      super.send(data);
    }
  };
}

// Reads the mean of what the flash canvas shows: the light of the screen on the face. Null while it shows nothing.
function screen_colour_meter() {
  const sample = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  sample.canvas.width = 1;
  sample.canvas.height = 8;

  return () => {
    const colour = [0, 0, 0];
    const flash = document.querySelector('.amplify-liveness-freshness-canvas');
    if (!flash || flash.style.display !== 'block' || flash.width === 0) return null;
    sample.clearRect(0, 0, 1, 8);
    sample.drawImage(flash, 0, 0, 1, 8);
    const { data } = sample.getImageData(0, 0, 1, 8);
    for (let i = 0; i < data.length; i += 4) {
      for (let channel = 0; channel < 3; channel += 1) colour[channel] += (data[i + channel] * data[i + 3]) / 255 / 8;
    }
    return colour;
  };
}
