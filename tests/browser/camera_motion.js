// How a living head moves, and how it gets where the widget wants it. Everything follows from the seed and the time, not
// from the number of frames. Runs in the worker, after camera_renderer.js and before camera_worker.js.

// -1 to 1, another for every seed, channel and step.
function random_at(seed, channel, step) {
  let hash = Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(channel + 1, 0x85ebca6b) ^ Math.imul(step + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return ((hash ^ (hash >>> 16)) >>> 0) / 0x7fffffff - 1;
}

// A smooth random process, mostly within -1 to 1, that has changed altogether after `period_ms`.
function drift(seed, channel, now, period_ms) {
  const octave = (period, offset) => {
    const step = Math.floor(now / period);
    const part = now / period - step;
    const eased = part * part * part * (part * (6 * part - 15) + 10);
    const [from, to] = [random_at(seed, channel + offset, step), random_at(seed, channel + offset, step + 1)];
    return from + (to - from) * eased;
  };
  return 0.8 * octave(period_ms, 0) + 0.25 * octave(period_ms / 2.7, 100);
}

// Nobody holds quite still: millimetres and degrees on top of where a head is.
const sway_of = (seed, now) => ({
  x: 0.3 * drift(seed, 1, now, 1700),
  y: 0.25 * drift(seed, 2, now, 1500),
  z: 0.35 * drift(seed, 3, now, 1900),
  yaw: 3 * drift(seed, 4, now, 2100),
  pitch: 2.5 * drift(seed, 5, now, 1800),
  roll: 1.5 * drift(seed, 6, now, 2300),
});

// Lids at a time, 0 open to 1 closed: a blink of a quarter of a second every two to five. Times never go back.
class Blinks {
  constructor(seed, now) {
    this.seed = seed;
    this.number = 0;
    this.next_at = now + 2000;
  }

  lids(now) {
    while (now > this.next_at + 250) {
      this.number += 1;
      this.next_at += 3500 + 1500 * random_at(this.seed, 7, this.number);
    }
    return now < this.next_at ? 0 : Math.min(1, 1.6 * Math.sin((Math.PI * (now - this.next_at)) / 250));
  }
}

// What the widget makes of a face: the width of its head, from the distances of eyes and mouth, and its middle.
function seen_by_widget(marks, placement, lens) {
  const [right, left, nose, mouth] = [marks.right_eye, marks.left_eye, marks.nose, marks.mouth].map((mark) => project(mark, placement, lens));
  const eyes = [(right[0] + left[0]) / 2, (right[1] + left[1]) / 2];
  return {
    width: (2 * Math.hypot(left[0] - right[0], left[1] - right[1]) + 1.8 * Math.hypot(mouth[0] - eyes[0], mouth[1] - eyes[1])) / 2,
    x: (eyes[0] + nose[0]) / 2,
    y: (eyes[1] + nose[1]) / 2,
  };
}

// Where a face must be to be seen like that.
function place_for(marks, wanted, lens) {
  const place = { x: 0, y: 0, z: 50, yaw: 0, pitch: 0, roll: 0 };
  for (let round = 0; round < 12; round += 1) {
    const seen = seen_by_widget(marks, place, lens);
    place.z *= seen.width / wanted.width;
    place.x += ((wanted.x - seen.x) * place.z) / lens.focal_px;
    place.y += ((wanted.y - seen.y) * place.z) / lens.focal_px;
  }
  return place;
}

// At arm's length until the widget asks to come closer while it records, then almost into the oval in `approach_ms`, and
// slowly on from there: closer for as long as the widget asks and a moment longer, back when that did not help. A browser
// that has too much to do loses the last second before a match; most of the way has to lie before it.
class Approach {
  static reaction_ms = 400;
  static first_stop = 0.78; // of the oval's width; the widget matches from about 0.84 on
  static settle_ms = 1000;
  // On a slow machine the widget may ask long before it records.
  static patience_ms = 2500;
  static farthest = 0.85;
  static closest = 1.4;
  static per_second = 0.12;

  constructor(seed, lens) {
    this.lens = lens;
    this.approach_ms = 1700 + 300 * random_at(seed, 8, 0);
    this.at_rest = { width: 112 + 8 * random_at(seed, 8, 1), x: lens.width / 2 + 10 * random_at(seed, 8, 2), y: lens.height / 2 + 8 * random_at(seed, 8, 3) };
    this.rest_closer = 1;
    this.last_at = null;
    this.stay();
  }

  stay() {
    this.moves_at = null;
    this.asked_at = null;
    this.last_asked_at = null;
    this.closer = Approach.first_stop;
    this.direction = 1;
  }

  // shown: { oval, started_at, hint } as scripted_camera.js tells.
  place(now, marks, shown) {
    const seconds = this.last_at === null ? 0 : Math.min(0.3, (now - this.last_at) / 1000);
    this.last_at = now;
    const closer_please = /move closer/i.test(shown.hint);
    if (shown.oval === null) this.stay();
    if (closer_please && this.asked_at === null && shown.oval !== null) this.asked_at = now;
    if (this.moves_at === null && this.asked_at !== null && (shown.started_at !== null || now > this.asked_at + Approach.patience_ms)) {
      this.moves_at = now + Approach.reaction_ms;
    }
    if (this.moves_at === null && /move back/i.test(shown.hint)) this.rest_closer *= 1 - Approach.per_second * seconds;
    const rest = place_for(marks, { ...this.at_rest, width: this.at_rest.width * this.rest_closer }, this.lens);
    if (this.moves_at === null) return rest;

    const progress = Math.min(1, Math.max(0, (now - this.moves_at) / this.approach_ms));
    if (closer_please) this.last_asked_at = now;
    if (progress === 1 && now < this.last_asked_at + Approach.settle_ms) this.#search(seconds);
    const { Width, CenterX, CenterY } = shown.oval;
    const oval = place_for(marks, { width: Width * this.closer, x: CenterX, y: CenterY }, this.lens);
    const eased = progress * progress * (3 - 2 * progress);
    const between = (axis) => rest[axis] + (oval[axis] - rest[axis]) * eased;
    return { ...rest, x: between('x'), y: between('y'), z: between('z') };
  }

  #search(seconds) {
    this.closer *= 1 + this.direction * Approach.per_second * seconds;
    if (this.closer > Approach.closest) this.direction = -1;
    if (this.closer < Approach.farthest) this.direction = 1;
  }
}
