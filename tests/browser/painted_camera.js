// Runs in the page, before its own scripts. Takes the place of the camera: a canvas with one scene, chosen by setting
// `painted_camera.scene`: 'covered' and 'dark' (no light), 'empty' (a lit wall), 'face', 'near' (a
// face too close to start) and 'fit' (a face that fills the oval of event_stream.mjs).
// `painted_camera.error` is a DOMException that the next requests get instead of a picture.
// options: { photo: base64 JPEG, face: as in scripted_camera.js }
function install_painted_camera({ photo, face }) {
  const camera = { scene: 'face', error: null, tracks: [] };
  window.painted_camera = camera;
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
  const context = canvas.getContext('2d', { alpha: false });
  const bytes = Uint8Array.from(atob(photo), (character) => character.charCodeAt(0));
  const loaded = createImageBitmap(new Blob([bytes], { type: 'image/jpeg' })).then((bitmap) => Object.assign(camera, { bitmap }));

  function draw_face(x, width) {
    context.save();
    context.beginPath();
    context.ellipse(x, 240, width * 0.8, width * 1.15, 0, 0, 2 * Math.PI);
    context.clip();
    context.translate(x, 240);
    context.scale(width / face.width, width / face.width);
    context.rotate((-face.roll_deg * Math.PI) / 180);
    context.drawImage(camera.bitmap, -face.centre[0], -face.centre[1]);
    context.restore();
  }

  const walls = { covered: '#000', dark: '#1c1a18' };
  let ticks = 0;
  function draw() {
    ticks += 1;
    context.fillStyle = walls[camera.scene] ?? '#8f8a80';
    context.fillRect(0, 0, 640, 480);
    if (camera.scene === 'face') draw_face(320, 110);
    if (camera.scene === 'near') draw_face(320, 330);
    if (camera.scene === 'fit') draw_face(320, 288);
    context.fillStyle = ticks % 2 ? '#000' : '#010101';  // a stream of a canvas ends no frame where nothing changes
    context.fillRect(0, 0, 1, 1);
  }

  navigator.mediaDevices.getUserMedia = async () => {
    if (camera.error) throw new DOMException(camera.error.message, camera.error.name);
    await loaded;
    const stream = canvas.captureStream(20);
    const [track] = stream.getVideoTracks();
    track.getSettings = () => ({ deviceId: 'painted', groupId: 'painted', frameRate: 20, width: 640, height: 480, facingMode: 'user' });
    const timer = setInterval(() => (track.readyState === 'live' ? draw() : clearInterval(timer)), 50);
    draw();
    camera.tracks.push(track);
    return stream;
  };
  const device = { deviceId: 'painted', groupId: 'painted', kind: 'videoinput', label: 'Painted camera' };
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve([{ ...device, toJSON: () => device }]);
}
