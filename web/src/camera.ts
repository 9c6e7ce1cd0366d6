/**
 * Keeps track of the camera streams the widget opens, so that the camera light goes off as soon as a check is over:
 * the widget opens the camera again after a cancel, just before this page takes it away.
 */
const open_streams = new Set<MediaStream>();
let in_use = false;

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** Wraps getUserMedia; call once before the widget runs. Does nothing where the browser offers no camera. */
export function install_camera_tracking(devices: MediaDevices | undefined): void {
  if (!devices) return;
  const get_user_media = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    const stream = await get_user_media(constraints);
    if (in_use) open_streams.add(stream);
    else stop(stream);
    return stream;
  };
}

export function acquire_camera(): void {
  in_use = true;
}

/** Stops every open stream, and any that arrives later. */
export function release_camera(): void {
  in_use = false;
  for (const stream of open_streams) stop(stream);
  open_streams.clear();
}
