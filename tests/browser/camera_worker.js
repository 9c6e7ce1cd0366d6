// The camera itself. Its first message is the options with the sink for frames; the others say what the page shows.
const reaction_ms = 70;
const approach_ms = 1800;
const ambient = 0.62;
const reflectance = 0.38;
const head_size = 480;
let shown = { now: 0, colour: [0, 0, 0], oval: null, started_at: null, asked_closer: false };
const history = [];

self.onmessage = async ({ data }) => {
  if (data.sink) {
    const photo = await createImageBitmap(new Blob([data.photo], { type: 'image/jpeg' }));
    run(data, photo);
    return;
  }
  shown = data;
  history.push({ now: data.now, colour: data.colour });
};

function canvas_of(width, height, draw = () => {}) {
  const canvas = new OffscreenCanvas(width, height);
  draw(canvas.getContext('2d'));
  return canvas;
}

// The head, upright, 240 px wide, its centre in the middle.
const cut_out = (photo, face) => canvas_of(head_size, head_size, (context) => {
  context.save();
  context.translate(head_size / 2, head_size / 2);
  context.scale(240 / face.width, 240 / face.width);
  context.rotate((-face.roll_deg * Math.PI) / 180);
  context.drawImage(photo, -face.centre[0], -face.centre[1]);
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

const room_of = (width, height) => canvas_of(width, height, (context) => {
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

const noise_of = (width, height) => canvas_of(width, height, (context) => {
  const image = context.createImageData(width, height);
  for (let i = 0; i < image.data.length; i += 4) {
    const value = 128 + (Math.random() + Math.random() + Math.random() - 1.5) * 80;
    image.data.set([value, value + (Math.random() - 0.5) * 40, value + (Math.random() - 0.5) * 40, 255], i);
  }
  context.putImageData(image, 0, 0);
});

// The screen's light on the face: what was shown some milliseconds ago, never quite steady.
function light_at(now) {
  while (history.length > 1 && history[1].now <= now - reaction_ms) history.shift();
  const colour = history.length > 0 ? history[0].colour : [0, 0, 0];
  return colour.map((value) => Math.min(255, value * (0.97 + 0.06 * Math.random())));
}

// At arm's length until the recording runs, then into the oval, and still closer for as long as the widget asks for
// it; never quite still.
let closer = 1;
let last_pose_at = 0;

function pose(now, options) {
  const elapsed = Math.min(100, now - last_pose_at);
  last_pose_at = now;
  let place = { face_width: 115, x: 312, y: 236 };
  const { oval, started_at } = shown;
  if (options.approaches && oval && started_at !== null) {
    const progress = Math.min(1, Math.max(0, (now - started_at - 400) / approach_ms));
    const eased = progress * progress * (3 - 2 * progress);
    const between = (from, to) => from + (to - from) * eased;
    if (progress === 1 && shown.asked_closer) closer = Math.min(1.4, closer * (1 + 0.00012 * elapsed));
    place = { face_width: between(place.face_width, oval.Width) * closer, x: between(place.x, oval.CenterX), y: between(place.y, oval.CenterY) };
  } else {
    closer = 1;
  }
  return {
    size: (place.face_width / 240) * head_size * (1 + 0.004 * Math.sin(now / 700)),
    x: place.x + 1.5 * Math.sin(now / 900),
    y: place.y + 1.2 * Math.sin(now / 650),
  };
}

function run(options, photo) {
  const { width, height } = options;
  const head = cut_out(photo, options.face);
  const room = room_of(width, height);
  const noise = noise_of(width + 64, height + 64);
  const shaded = canvas_of(head_size, head_size);
  const frame = canvas_of(width, height);
  const context = frame.getContext('2d', { alpha: false });
  const writer = options.sink.getWriter();

  // The head under a light of that colour.
  function shade([red, green, blue]) {
    const paint = shaded.getContext('2d');
    paint.globalCompositeOperation = 'copy';
    paint.drawImage(head, 0, 0);
    paint.globalCompositeOperation = 'multiply';
    paint.fillStyle = `rgb(${red | 0},${green | 0},${blue | 0})`;
    paint.fillRect(0, 0, head_size, head_size);
    paint.globalCompositeOperation = 'destination-in';
    paint.drawImage(head, 0, 0);
    return shaded;
  }

  function draw(now) {
    const { size, x, y } = pose(now, options);
    const light = light_at(now);
    context.globalAlpha = 1;
    context.globalCompositeOperation = 'source-over';
    context.drawImage(room, 0, 0);
    context.fillStyle = '#2c313c';
    context.beginPath();
    context.ellipse(x, y + size * 0.72, size * 0.55, size * 0.36, 0, 0, 2 * Math.PI);
    context.fill();
    const at = [x - size / 2, y - size / 2, size, size];
    context.drawImage(shade([255 * ambient, 255 * ambient, 255 * ambient]), ...at);
    if (options.reflects && light.some((value) => value > 1)) {
      context.globalCompositeOperation = 'lighter';
      context.drawImage(shade(light.map((value) => value * reflectance)), ...at);
    }
    context.globalCompositeOperation = 'overlay';
    context.globalAlpha = 0.08;
    context.drawImage(noise, -Math.random() * 64, -Math.random() * 64);
  }

  setInterval(() => {
    if (writer.desiredSize !== null && writer.desiredSize <= 0) return;
    const now = performance.timeOrigin + performance.now();
    draw(now);
    writer.write(new VideoFrame(frame, { timestamp: Math.round(performance.now() * 1000) })).catch(() => {});
  }, 1000 / options.fps);
}
