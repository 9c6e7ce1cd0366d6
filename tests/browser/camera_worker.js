// The camera itself. Its first message is the options with the sink for frames; the others say what the page shows:
// { now, colour, flashing, oval, started_at, hint }. Runs after camera_renderer.js and camera_motion.js.
const reaction_ms = 70;
const field_of_view_deg = 65;
const room_light = [0.8, 0.78, 0.74];
const screen_light = 0.2; // of a white screen, at screen_reference_cm
const noise_steps = 1 << 16;
const chin = 152; // its point of the face mesh

let shown = { now: 0, colour: [0, 0, 0], flashing: false, oval: null, started_at: null, hint: '' };
const history = [];

self.onmessage = async ({ data }) => {
  if (data.sink) {
    await run(data);
    return;
  }
  shown = data;
  history.push({ now: data.now, colour: data.colour });
};

async function decoded(base64) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context.drawImage(bitmap, 0, 0);
  return context.getImageData(0, 0, bitmap.width, bitmap.height);
}

// Mean linear light of a square of the picture.
function mean_light({ width, light }, centre_x, centre_y, radius) {
  const sum = [0, 0, 0];
  for (let y = centre_y - radius; y < centre_y + radius; y += 1) {
    for (let x = centre_x - radius; x < centre_x + radius; x += 1) {
      for (let c = 0; c < 3; c += 1) sum[c] += light[(y * width + x) * 3 + c] / (4 * radius * radius);
    }
  }
  return sum;
}

// One that a camera can look at: a head with its shoulders, or a picture held in front of it.
async function make_person(model) {
  const surface = make_surface(model, await decoded(model.picture));
  if (model.shape !== 'head') return { surface, marks: model.marks, shoulders: null };
  const [x, y] = model.texture.slice(2 * chin, 2 * chin + 2).map(Math.round);
  return { surface, marks: model.marks, shoulders: make_shoulders(mean_light(surface.levels[0], x, y - 8, 4)) };
}

// A wall with a door and a picture, unevenly lit.
function room_albedo(width, height, seed) {
  const albedo = new Float32Array(width * height * 3);
  const inside = (x, y, [left, top, right, bottom]) => x >= left && x < right && y >= top && y < bottom;
  for (let y = 0, o = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, o += 3) {
      const [u, v] = [x / width, y / height];
      let colour = [0.3, 0.28, 0.25];
      if (inside(u, v, [0.05, 0.12, 0.22, 1])) colour = u < 0.06 || u > 0.21 || v < 0.13 ? [0.1, 0.08, 0.06] : [0.16, 0.13, 0.1];
      if (inside(u, v, [0.78, 0.08, 0.95, 0.4])) colour = inside(u, v, [0.8, 0.11, 0.93, 0.37]) ? [0.1 + 0.3 * v, 0.2 + 0.2 * u, 0.3] : [0.04, 0.04, 0.04];
      const shade = 0.75 + 0.35 * (1 - v) - 0.2 * Math.abs(u - 0.4) + 0.02 * drift(seed, 20, x, 9) + 0.02 * drift(seed, 21, y, 7);
      for (let c = 0; c < 3; c += 1) albedo[o + c] = colour[c] * shade;
    }
  }
  return albedo;
}

// Signed bytes, 1.5 steps of standard deviation.
const noise_of = (length, seed) => Int8Array.from({ length }, (_, i) => Math.round(1.5 * (random_at(seed, 30, i) + random_at(seed, 31, i) + random_at(seed, 32, i))));

// The colour of the screen as the head answers to it: what was shown some milliseconds ago. `reflects` is true, false, or
// the flash of another session, as [time, colour] in order.
class ScreenLight {
  constructor(reflects, seed) {
    this.reflects = reflects;
    this.seed = seed;
    this.flash_began = null;
  }

  at(now) {
    if (shown.flashing && this.flash_began === null) this.flash_began = now;
    if (!shown.flashing) this.flash_began = null;
    while (history.length > 1 && history[1].now <= now - reaction_ms) history.shift();
    const steady = 1 + 0.03 * drift(this.seed, 40, now, 90);
    return this.#colour(now).map((value) => screen_light * steady * linear_of[Math.round(value)]);
  }

  #colour(now) {
    if (this.reflects === true) return history[0]?.colour ?? [0, 0, 0];
    if (this.reflects === false || this.flash_began === null) return [0, 0, 0];
    const then = this.reflects[0][0] + now - this.flash_began - reaction_ms;
    return this.reflects.findLast(([time]) => time <= then)?.[1] ?? [0, 0, 0];
  }
}

async function run({ sink, width, height, fps, seed, reflects, approaches, models }) {
  const lens = { width, height, focal_px: width / 2 / Math.tan((field_of_view_deg * Math.PI) / 360) };
  const people = await Promise.all(models.map(make_person));
  const canvas = new Canvas(lens, room_albedo(width, height, seed), room_light);
  const noise = noise_of(width * height * 3 + noise_steps, seed);
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  const now_ms = () => performance.timeOrigin + performance.now();
  const began = now_ms();
  const blinks = new Blinks(seed, 0);
  const approach = new Approach(seed, lens);
  const screen = new ScreenLight(reflects, seed);
  const writer = sink.getWriter();
  let held_still = false;
  let frames = 0;

  function draw(now) {
    held_still ||= shown.started_at !== null && /hold still/i.test(shown.hint);
    const { surface, marks, shoulders } = people[held_still ? people.length - 1 : 0];
    const place = approach.place(now, marks, approaches ? shown : { ...shown, hint: '' });
    const sway = sway_of(seed, now);
    const placement = { lids: blinks.lids(now) };
    for (const axis of ['x', 'y', 'z', 'yaw', 'pitch', 'roll']) placement[axis] = place[axis] + sway[axis];
    const light = { room: room_light, screen: screen.at(now + began) };
    canvas.clear();
    if (shoulders) canvas.draw(shoulders, { ...placement, yaw: 0, pitch: 0, roll: 0 }, light);
    canvas.draw(surface, placement, light);
    frames += 1;
    const grain = Math.floor((0.5 + 0.5 * random_at(seed, 33, frames)) * (noise_steps - 1));
    canvas.develop(1 + 0.03 * drift(seed, 41, now, 4000), noise, grain, pixels);
  }

  setInterval(() => {
    if (writer.desiredSize !== null && writer.desiredSize <= 0) return;
    draw(now_ms() - began);
    const frame = new VideoFrame(pixels, { format: 'RGBX', codedWidth: width, codedHeight: height, timestamp: Math.round(performance.now() * 1000) });
    writer.write(frame).catch(() => {});
  }, 1000 / fps);
}
