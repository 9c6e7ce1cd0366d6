/**
 * The camera of the page. `open_camera` asks the person for it before a session is spent; the widget, which asks for
 * a camera by itself, is then handed that very stream. Every stream is known here, so that the camera light goes off
 * as soon as a check is over: the widget opens the camera again after a cancel, just before this page takes it away.
 */
const open_streams = new Set<MediaStream>();
let in_use = false;
let handover: MediaStream | null = null;

export interface CameraWatcher {
  /** The browser refused a camera that was asked for; `error` is its DOMException. */
  on_failed: (error: unknown) => void;
  /** An open camera went away: unplugged, or taken by the system. */
  on_lost: () => void;
}
let watcher: CameraWatcher | null = null;

/** The least that the widget takes, as it asks for it. */
const kConstraints: MediaStreamConstraints = {
  video: { width: { min: 320, ideal: 640 }, height: { min: 240, ideal: 480 }, frameRate: { min: 15, ideal: 30, max: 60 }, facingMode: 'user' },
  audio: false,
};

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function is_live(stream: MediaStream): boolean {
  return stream.getVideoTracks().some((track) => track.readyState === 'live');
}

/** Whether a camera asked for like this may be `stream`'s: no camera was named, or this one. */
function is_asked_for(constraints: MediaStreamConstraints | undefined, stream: MediaStream): boolean {
  const video = constraints?.video;
  const wanted = typeof video === 'object' ? video.deviceId : undefined;
  if (wanted === undefined) return true;
  const { deviceId } = stream.getVideoTracks()[0]?.getSettings() ?? {};
  return deviceId !== undefined && JSON.stringify(wanted).includes(JSON.stringify(deviceId));
}

function keep(stream: MediaStream): void {
  open_streams.add(stream);
  for (const track of stream.getVideoTracks()) track.addEventListener('ended', () => watcher?.on_lost());
}

/** Wraps getUserMedia; call once before the widget runs. Does nothing where the browser offers no camera. */
export function install_camera(devices: MediaDevices | undefined): void {
  if (!devices?.getUserMedia) return;
  const get_user_media = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const ready = handover;
    handover = null;
    if (ready && is_live(ready) && is_asked_for(constraints, ready)) return ready;
    if (ready) stop(ready);
    try {
      const stream = await get_user_media(constraints);
      if (in_use) keep(stream);
      else stop(stream);
      return stream;
    } catch (error) {
      watcher?.on_failed(error);
      throw error;
    }
  };
}

/** Asks the person for the camera. Rejects with the browser's DOMException. */
export async function open_camera(): Promise<void> {
  in_use = true;
  const stream = await navigator.mediaDevices.getUserMedia(kConstraints);
  if (in_use) handover = stream;
}

/** One watcher at a time, until the returned function is called. */
export function watch_camera(next: CameraWatcher): () => void {
  watcher = next;
  return () => {
    if (watcher === next) watcher = null;
  };
}

/** Stops every open stream, and any that arrives later. */
export function release_camera(): void {
  in_use = false;
  handover = null;
  for (const stream of open_streams) stop(stream);
  open_streams.clear();
}
