// Runs in the page, before its own scripts. Takes the place of the camera: a head in front of a room, which moves into
// the oval that the server asked for and reflects the colours that the screen shows.
// options: { photo: base64 JPEG, keypoints, reflects: bool, fps }
function install_scripted_camera(options) {
  const width = 640;
  const height = 480;
  const reaction_ms = 70;
  const approach_ms = 1800;
  const ambient = 0.62;
  const reflectance = 0.38;
  const seen = { oval: null, started_at: null, csp: [] };
  window.scripted_camera = seen;
  document.addEventListener('securitypolicyviolation', (event) => seen.csp.push(`${event.violatedDirective} ${event.blockedURI}`));

  // What the server asked for, and when the widget began to record, as seen on the wire.
  const NativeWebSocket = window.WebSocket;
  window.WebSocket = class extends NativeWebSocket {
    constructor(...args) {
      super(...args);
      seen.oval = null;
      seen.started_at = null;
      this.addEventListener('message', ({ data }) => {
        const text = new TextDecoder('latin1').decode(data);
        const json = /\{"SessionInformation".*\}/s.exec(text);
        if (!json) return;
        const { Challenge } = JSON.parse(json[0]).SessionInformation;
        seen.oval = Object.values(Challenge)[0].OvalParameters;
      });
    }
    send(data) {
      if (seen.started_at === null && new TextDecoder('latin1').decode(data).includes('ClientSessionInformationEvent')) {
        seen.started_at = performance.now();
      }
      super.send(data);
    }
  };

  // ---- Geometry: the face box as the widget computes it from its six landmarks, in photo pixels.
  const face = measure_face(options.keypoints);

  function measure_face({ right_eye, left_eye, nose, mouth, right_ear, left_ear }) {
    const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
    const eyes = middle(right_eye, left_eye);
    const roll = Math.atan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0]);
    const upright = ([x, y]) => {
      const dx = x - eyes[0];
      const dy = y - eyes[1];
      return [dx * Math.cos(roll) + dy * Math.sin(roll), dy * Math.cos(roll) - dx * Math.sin(roll)];
    };
    const eye_distance = Math.hypot(left_eye[0] - right_eye[0], left_eye[1] - right_eye[1]);
    const eye_to_mouth = Math.hypot(mouth[0] - eyes[0], mouth[1] - eyes[1]);
    const [nose_x, nose_y] = upright(nose);
    const centre = [nose_x / 2, nose_y / 2];
    const ocular = (2 * eye_distance + 1.8 * eye_to_mouth) / 2;
    const left = Math.min(centre[0] - ocular / 2, upright(right_ear)[0]);
    const right = Math.max(centre[0] + ocular / 2, upright(left_ear)[0]);
    return { eyes, roll, centre, ocular, left: left - centre[0], right: right - centre[0] };
  }

  // Scale and place at which that box overlaps the oval most.
  function best_fit(oval) {
    const target = { l: oval.CenterX - oval.Width / 2, r: oval.CenterX + oval.Width / 2, t: oval.CenterY - oval.Height / 2, b: oval.CenterY + oval.Height / 2 };
    let best = { overlap: 0 };
    for (let relative = 0.8; relative <= 1.1; relative += 0.01) {
      const scale = (oval.Width * relative) / face.ocular;
      const x = oval.CenterX - ((face.left + face.right) / 2) * scale;
      const half = (1.618 * face.ocular * scale) / 2;
      const box = { l: x + face.left * scale, r: x + face.right * scale, t: Math.max(oval.CenterY - half, 0), b: Math.min(oval.CenterY + half, height) };
      const shared = Math.max(0, Math.min(box.r, target.r) - Math.max(box.l, target.l)) * Math.max(0, Math.min(box.b, target.b) - Math.max(box.t, target.t));
      const area = (b) => (b.r - b.l) * (b.b - b.t);
      const overlap = shared / (area(box) + area(target) - shared);
      if (overlap > best.overlap) best = { overlap, scale, x, y: oval.CenterY };
    }
    return best;
  }

  // ---- Pictures made once: the head cut out of the photo, the room, and sensor noise.
  function canvas_of(w, h, draw) {
    const canvas = document.createElement('canvas');
    canvas.width = w;
    canvas.height = h;
    draw(canvas.getContext('2d', { willReadFrequently: w * h < 10_000 }), canvas);
    return canvas;
  }

  // Upright, one face width (ocular) = 240 px, face centre in the middle.
  const head_size = 480;
  const head_scale = 240 / face.ocular;

  function cut_out(photo) {
    return canvas_of(head_size, head_size, (context) => {
      context.save();
      context.translate(head_size / 2, head_size / 2);
      context.scale(head_scale, head_scale);
      context.translate(-face.centre[0], -face.centre[1]);
      context.rotate(-face.roll);
      context.drawImage(photo, -face.eyes[0], -face.eyes[1]);
      context.restore();
      context.globalCompositeOperation = 'destination-in';
      context.translate(head_size / 2, head_size / 2);
      context.scale(0.8, 1.18);
      const mask = context.createRadialGradient(0, 0, 0, 0, 0, 200);
      mask.addColorStop(0.84, '#000');
      mask.addColorStop(1, 'transparent');
      context.fillStyle = mask;
      context.fillRect(-head_size, -head_size, 2 * head_size, 2 * head_size);
    });
  }

  const room = canvas_of(width, height, (context) => {
    const wall = context.createLinearGradient(0, 0, width, height);
    wall.addColorStop(0, '#8f8a80');
    wall.addColorStop(1, '#5d5a55');
    context.fillStyle = wall;
    context.fillRect(0, 0, width, height);
    context.fillStyle = '#4a4540';
    context.fillRect(30, 60, 110, 300);
    context.fillStyle = '#a09a8c';
    context.fillRect(500, 40, 110, 150);
  });

  const noise = canvas_of(width + 64, height + 64, (context, canvas) => {
    const image = context.createImageData(canvas.width, canvas.height);
    for (let i = 0; i < image.data.length; i += 4) {
      const value = 128 + (Math.random() + Math.random() + Math.random() - 1.5) * 80;
      image.data.set([value, value + (Math.random() - 0.5) * 40, value + (Math.random() - 0.5) * 40, 255], i);
    }
    context.putImageData(image, 0, 0);
  });

  // ---- The light of the screen on the face: the mean of what the flash canvas shows, some milliseconds ago.
  const sample = canvas_of(1, 8, () => {});
  const history = [];

  function screen_colour(now) {
    const flash = document.querySelector('.amplify-liveness-freshness-canvas');
    let colour = [0, 0, 0];
    if (flash && flash.style.display === 'block' && flash.width > 0) {
      const context = sample.getContext('2d', { willReadFrequently: true });
      context.clearRect(0, 0, 1, 8);
      context.drawImage(flash, 0, 0, 1, 8);
      const { data } = context.getImageData(0, 0, 1, 8);
      for (let i = 0; i < data.length; i += 4) {
        for (let channel = 0; channel < 3; channel += 1) colour[channel] += (data[i + channel] * data[i + 3]) / 255 / 8;
      }
    }
    history.push({ now, colour });
    while (history.length > 1 && history[1].now <= now - reaction_ms) history.shift();
    colour = history[0].colour;
    return colour.map((value) => Math.min(255, value * (0.97 + 0.06 * Math.random())));
  }

  // ---- Where the head is: at arm's length until the recording runs, then into the oval, never quite still.
  function pose(now) {
    const rest = { scale: 120 / face.ocular, x: 312, y: 236 };
    let place = rest;
    if (seen.oval && seen.started_at !== null) {
      const fit = best_fit(seen.oval);
      const progress = Math.min(1, Math.max(0, (now - seen.started_at - 400) / approach_ms));
      const eased = progress * progress * (3 - 2 * progress);
      const between = (from, to) => from + (to - from) * eased;
      place = { scale: between(rest.scale, fit.scale), x: between(rest.x, fit.x), y: between(rest.y, fit.y) };
    }
    return {
      scale: place.scale * (1 + 0.004 * Math.sin(now / 700)),
      x: place.x + 1.5 * Math.sin(now / 900),
      y: place.y + 1.2 * Math.sin(now / 650),
    };
  }

  function start(photo) {
    const head = cut_out(photo);
    const lit = canvas_of(head_size, head_size, () => {});
    const frame = canvas_of(width, height, () => {});
    const context = frame.getContext('2d', { alpha: false });

    const draw = () => {
      const now = performance.now();
      const { scale, x, y } = pose(now);
      const size = (head_size / head_scale) * scale;
      const light = screen_colour(now);
      context.globalAlpha = 1;
      context.globalCompositeOperation = 'source-over';
      context.drawImage(room, 0, 0);
      context.fillStyle = '#2c313c';
      context.beginPath();
      context.ellipse(x, y + size * 0.72, size * 0.55, size * 0.36, 0, 0, 2 * Math.PI);
      context.fill();
      const at = [x - size / 2, y - size / 2, size, size];
      context.drawImage(shade(head, [255 * ambient, 255 * ambient, 255 * ambient]), ...at);
      if (options.reflects && light.some((value) => value > 1)) {
        context.globalCompositeOperation = 'lighter';
        context.drawImage(shade(head, light.map((value) => value * reflectance)), ...at);
      }
      context.globalCompositeOperation = 'overlay';
      context.globalAlpha = 0.12;
      context.drawImage(noise, -Math.random() * 64, -Math.random() * 64);
    };

    // The head under a light of that colour.
    function shade(picture, [r, g, b]) {
      const paint = lit.getContext('2d');
      paint.globalCompositeOperation = 'copy';
      paint.drawImage(picture, 0, 0);
      paint.globalCompositeOperation = 'multiply';
      paint.fillStyle = `rgb(${r | 0},${g | 0},${b | 0})`;
      paint.fillRect(0, 0, head_size, head_size);
      paint.globalCompositeOperation = 'destination-in';
      paint.drawImage(picture, 0, 0);
      return lit;
    }

    draw();
    const timer = setInterval(draw, 1000 / options.fps);
    const stream = frame.captureStream(options.fps);
    const [track] = stream.getVideoTracks();
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    track.getSettings = () => ({ deviceId: 'scripted', groupId: 'scripted', frameRate: options.fps, width, height, facingMode: 'user' });
    return stream;
  }

  const bytes = Uint8Array.from(atob(options.photo), (character) => character.charCodeAt(0));
  const photo = createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
  const device = { deviceId: 'scripted', groupId: 'scripted', kind: 'videoinput', label: 'Scripted camera' };
  navigator.mediaDevices.enumerateDevices = () => Promise.resolve([{ ...device, toJSON: () => device }]);
  navigator.mediaDevices.getUserMedia = async () => start(await photo);
}
