// What the scripted camera sees: textured surfaces before the wall of a room, through a lens, lit by the room from above
// and by a screen beside the lens. The same computer graphics as src/synthesis/renderer.cpp: centimetres, x to the right,
// y down, z away from the camera; light is linear, 1 being a white surface under the room's light. Runs in the worker,
// before camera_worker.js.
const screen_reference_cm = 40; // a surface here, straight before the screen, gets the screen's light in full
const wall_cm = 190;
const wall_parts = 12;
const room_from_above = 0.35;
const texture_halvings = 3;
const eyes_to_neck_cm = 9;

const linear_of = Float32Array.from({ length: 256 }, (_, value) => (value / 255) ** 2.2);
const displayed_steps = 4096;
const displayed_of = Uint8Array.from({ length: displayed_steps }, (_, i) => Math.round(255 * (i / (displayed_steps - 1)) ** (1 / 2.2)));

// A picture (RGBA bytes) in linear light, and its halves.
function texture_levels({ width, height, data }) {
  const light = new Float32Array(width * height * 3);
  for (let i = 0, o = 0; o < light.length; i += 4, o += 3) {
    for (let c = 0; c < 3; c += 1) light[o + c] = linear_of[data[i + c]];
  }
  const levels = [{ width, height, light }];
  while (levels.length <= texture_halvings && levels.at(-1).width > 64 && levels.at(-1).height > 64) levels.push(half_of(levels.at(-1)));
  return levels;
}

function half_of(from) {
  const width = from.width >> 1;
  const height = from.height >> 1;
  const light = new Float32Array(width * height * 3);
  const row = from.width * 3;
  for (let y = 0, o = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const i = 2 * y * row + 2 * x * 3;
      for (let c = 0; c < 3; c += 1, o += 1) light[o] = (from.light[i + c] + from.light[i + 3 + c] + from.light[i + row + c] + from.light[i + row + 3 + c]) / 4;
    }
  }
  return { width, height, light };
}

// A mesh that moves as one piece. model: what export_head printed; picture: its texture, decoded.
function make_surface(model, picture) {
  const count = model.opacity.length;
  return {
    positions: Float32Array.from(model.positions),
    texture: Float32Array.from(model.texture),
    opacity: Float32Array.from(model.opacity),
    lids: Float32Array.from(model.lids),
    triangles: Uint16Array.from(model.triangles),
    levels: texture_levels(picture),
    count,
    points: new Float32Array(count * 3),
    normals: new Float32Array(count * 3),
    // Of every corner: x, y, nearness (1 / z), u, v, opacity, share of the room's light, share of the screen's.
    corners: new Float32Array(count * corner_values),
  };
}
const corner_values = 8;

// A neck and shoulders below a head: they follow it, but do not turn with it. skin: linear light.
function make_shoulders(skin) {
  const rows = 14;
  const columns = 16;
  const model = { positions: [], texture: [], opacity: [], lids: [], triangles: [] };
  for (let row = 0; row <= rows; row += 1) {
    const down = row / rows;
    const spread = Math.min(1, Math.max(0, (down - 0.12) / 0.3));
    const half_width = 5.8 + 16 * spread * spread * (3 - 2 * spread);
    for (let column = 0; column <= columns; column += 1) {
      const across = (2 * column) / columns - 1;
      model.positions.push(half_width * across, eyes_to_neck_cm - 2 + 26 * down, 4.5 + (4 + 4 * spread) * across * across);
      model.texture.push(1.5, down < 0.2 ? 0.5 : 2.5);
      model.opacity.push(1);
      model.lids.push(0, 0, 0);
    }
  }
  const at = (row, column) => row * (columns + 1) + column;
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      model.triangles.push(at(row, column), at(row, column + 1), at(row + 1, column + 1));
      model.triangles.push(at(row, column), at(row + 1, column + 1), at(row + 1, column));
    }
  }
  const picture = { width: 4, height: 4, data: new Uint8Array(64) };
  const surface = make_surface(model, picture);
  const cloth = [0.035, 0.05, 0.085];
  surface.levels[0].light.forEach((_, i, light) => { light[i] = i < 24 ? skin[i % 3] * 0.7 : cloth[i % 3]; });
  return surface;
}

// Roll after pitch after yaw; degrees.
function rotation_of({ yaw, pitch, roll }) {
  const [cy, sy, cp, sp, cr, sr] = [yaw, pitch, roll].flatMap((angle) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]);
  const tilted = [cy, 0, sy, sp * sy, cp, -sp * cy, -cp * sy, sp, cp * cy];
  return [0, 1, 2].map((i) => cr * tilted[i] - sr * tilted[3 + i])
    .concat([0, 1, 2].map((i) => sr * tilted[i] + cr * tilted[3 + i]), tilted.slice(6));
}

// Where a point of a surface is seen; placement as in Canvas.draw.
function project([x, y, z], placement, lens) {
  const m = rotation_of(placement);
  const distance = m[6] * x + m[7] * y + m[8] * z + placement.z;
  return [
    lens.width / 2 + (lens.focal_px * (m[0] * x + m[1] * y + m[2] * z + placement.x)) / distance,
    lens.height / 2 + (lens.focal_px * (m[3] * x + m[4] * y + m[5] * z + placement.y)) / distance,
  ];
}

function place_points(surface, placement) {
  const { positions, lids, points, count } = surface;
  const m = rotation_of(placement);
  for (let i = 0; i < 3 * count; i += 3) {
    const x = positions[i] + lids[i] * placement.lids;
    const y = positions[i + 1] + lids[i + 1] * placement.lids;
    const z = positions[i + 2] + lids[i + 2] * placement.lids;
    points[i] = m[0] * x + m[1] * y + m[2] * z + placement.x;
    points[i + 1] = m[3] * x + m[4] * y + m[5] * z + placement.y;
    points[i + 2] = m[6] * x + m[7] * y + m[8] * z + placement.z;
  }
}

// All face the camera; not yet of unit length.
function find_normals({ triangles, points, normals }) {
  normals.fill(0);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t];
    const b = 3 * triangles[t + 1];
    const c = 3 * triangles[t + 2];
    const [px, py, pz] = [points[b] - points[a], points[b + 1] - points[a + 1], points[b + 2] - points[a + 2]];
    const [qx, qy, qz] = [points[c] - points[a], points[c + 1] - points[a + 1], points[c + 2] - points[a + 2]];
    const nz = px * qy - py * qx;
    const turn = nz > 0 ? -1 : 1;
    for (const corner of [a, b, c]) {
      normals[corner] += turn * (py * qz - pz * qy);
      normals[corner + 1] += turn * (pz * qx - px * qz);
      normals[corner + 2] += turn * nz;
    }
  }
}

function shade_corners(surface, lens) {
  const { points, normals, texture, opacity, corners, count } = surface;
  for (let i = 0; i < count; i += 1) {
    const z = Math.max(points[3 * i + 2], 5);
    const length = Math.hypot(normals[3 * i], normals[3 * i + 1], normals[3 * i + 2]) || 1;
    const facing = Math.max(0, -normals[3 * i + 2] / length);
    const ratio = screen_reference_cm / z;
    const o = i * corner_values;
    corners[o] = lens.width / 2 + (lens.focal_px * points[3 * i]) / z;
    corners[o + 1] = lens.height / 2 + (lens.focal_px * points[3 * i + 1]) / z;
    corners[o + 2] = 1 / z;
    corners[o + 3] = texture[2 * i];
    corners[o + 4] = texture[2 * i + 1];
    corners[o + 5] = opacity[i];
    corners[o + 6] = 1 - room_from_above + room_from_above * (0.6 * facing - 0.8 * (normals[3 * i + 1] / length));
    corners[o + 7] = facing * ratio * ratio;
  }
}

// One level for the whole surface: it is nearly parallel to the picture.
function level_for({ triangles, corners, levels }) {
  let texture_area = 0;
  let screen_area = 1;
  for (let t = 0; t < triangles.length; t += 3) {
    const a = triangles[t] * corner_values;
    const b = triangles[t + 1] * corner_values;
    const c = triangles[t + 2] * corner_values;
    const area = (x, y) => Math.abs((corners[b + x] - corners[a + x]) * (corners[c + y] - corners[a + y]) - (corners[c + x] - corners[a + x]) * (corners[b + y] - corners[a + y]));
    screen_area += area(0, 1);
    texture_area += area(3, 4);
  }
  return Math.min(levels.length - 1, Math.max(0, Math.round(Math.log2(Math.sqrt(texture_area / screen_area)))));
}

// A frame in linear light, with depth, before a wall that the screen is too far from to light up. Only what the surfaces
// cover is drawn and developed anew. lens: { width, height, focal_px }; wall: width * height * 3 reflectances.
class Canvas {
  constructor(lens, wall, room) {
    this.lens = lens;
    this.wall = wall.map((albedo, i) => albedo * room[i % 3]);
    this.developed_wall = new Uint8Array(wall.length);
    this.radiance = Float32Array.from(this.wall);
    this.nearness = new Float32Array(lens.width * lens.height).fill(1 / wall_cm);
    // The covered pixels of every row: from, and up to but without.
    this.covered_from = new Int32Array(lens.height).fill(lens.width);
    this.covered_to = new Int32Array(lens.height).fill(0);
    this.steps = new Float32Array(2 * corner_values); // of the values of a corner, per pixel to the right and down
    this.row = new Float32Array(corner_values);
    this.#develop_wall(1, 0, lens.height);
    this.next_wall_row = 0;
  }

  clear() {
    const { lens, wall, radiance, nearness, covered_from, covered_to } = this;
    for (let y = 0; y < lens.height; y += 1) {
      if (covered_from[y] < covered_to[y]) {
        const [first, end] = [y * lens.width + covered_from[y], y * lens.width + covered_to[y]];
        radiance.set(wall.subarray(3 * first, 3 * end), 3 * first);
        nearness.fill(1 / wall_cm, first, end);
      }
      covered_from[y] = lens.width;
      covered_to[y] = 0;
    }
  }

  // placement: origin x, y, z in centimetres; yaw, pitch, roll in degrees; lids from 0, open, to 1.
  draw(surface, placement, light) {
    place_points(surface, placement);
    find_normals(surface);
    shade_corners(surface, this.lens);
    const level = level_for(surface);
    const { triangles, corners } = surface;
    for (let t = 0; t < triangles.length; t += 3) {
      this.#draw_triangle(corners, triangles[t] * corner_values, triangles[t + 1] * corner_values, triangles[t + 2] * corner_values, surface.levels[level], 1 / (1 << level), light);
    }
  }

  #draw_triangle(corners, a, b, c, texture, texture_scale, light) {
    const [ax, ay, bx, by, cx, cy] = [corners[a], corners[a + 1], corners[b], corners[b + 1], corners[c], corners[c + 1]];
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (Math.abs(area) < 1e-6) return;
    const { lens, steps, row } = this;
    const left = Math.max(0, Math.ceil(Math.min(ax, bx, cx) - 0.5));
    const right = Math.min(lens.width - 1, Math.floor(Math.max(ax, bx, cx) - 0.5));
    const top = Math.max(0, Math.ceil(Math.min(ay, by, cy) - 0.5));
    const bottom = Math.min(lens.height - 1, Math.floor(Math.max(ay, by, cy) - 0.5));
    if (left > right || top > bottom) return;
    // Shares of the three corners; every value of a pixel is a linear function of its place.
    const [wa_x, wa_y] = [(by - cy) / area, (cx - bx) / area];
    const [wb_x, wb_y] = [(cy - ay) / area, (ax - cx) / area];
    for (let k = 2; k < corner_values; k += 1) {
      const [from_c_a, from_c_b] = [corners[a + k] - corners[c + k], corners[b + k] - corners[c + k]];
      steps[k] = wa_x * from_c_a + wb_x * from_c_b;
      steps[corner_values + k] = wa_y * from_c_a + wb_y * from_c_b;
    }
    for (let y = top; y <= bottom; y += 1) {
      const from_c = y + 0.5 - cy;
      // Where in this row the triangle lies: all three shares are positive.
      let [first, last] = [left, right];
      const limits = [wa_x, wa_y * from_c, wb_x, wb_y * from_c, -wa_x - wb_x, 1 - (wa_y + wb_y) * from_c];
      for (let k = 0; k < 6; k += 2) {
        const edge = cx - 0.5 - limits[k + 1] / limits[k];
        if (limits[k] > 0) first = Math.max(first, Math.ceil(edge));
        else if (limits[k] < 0) last = Math.min(last, Math.floor(edge));
        else if (limits[k + 1] < 0) last = -1;
      }
      if (first > last) continue;
      for (let k = 2; k < corner_values; k += 1) row[k] = corners[c + k] + steps[corner_values + k] * from_c + steps[k] * (first + 0.5 - cx);
      if (first < this.covered_from[y]) this.covered_from[y] = first;
      if (last >= this.covered_to[y]) this.covered_to[y] = last + 1;
      this.#draw_row(y * lens.width + first, y * lens.width + last, texture, texture_scale, light);
    }
  }

  #draw_row(first, last, texture, texture_scale, { room, screen }) {
    const { radiance, nearness, steps, row } = this;
    const source = texture.light;
    const max_u = texture.width - 1.001;
    const max_v = texture.height - 1.001;
    const stride = texture.width * 3;
    let near = row[2];
    let u = row[3] * texture_scale;
    let v = row[4] * texture_scale;
    let opacity = row[5];
    let room_share = row[6];
    let screen_share = row[7];
    const near_step = steps[2];
    const u_step = steps[3] * texture_scale;
    const v_step = steps[4] * texture_scale;
    const opacity_step = steps[5];
    const room_step = steps[6];
    const screen_step = steps[7];
    const [room_r, room_g, room_b] = room;
    const [screen_r, screen_g, screen_b] = screen;
    for (let at = first; at <= last; at += 1) {
      if (near > nearness[at] && opacity > 0.02) {
        const tu = u < 0 ? 0 : u > max_u ? max_u : u;
        const tv = v < 0 ? 0 : v > max_v ? max_v : v;
        const x = tu | 0;
        const y = tv | 0;
        const fx = tu - x;
        const fy = tv - y;
        const i = y * stride + x * 3;
        const j = i + stride;
        const w11 = fx * fy;
        const w01 = fx - w11;
        const w10 = fy - w11;
        const w00 = 1 - fx - w10;
        const red = source[i] * w00 + source[i + 3] * w01 + source[j] * w10 + source[j + 3] * w11;
        const green = source[i + 1] * w00 + source[i + 4] * w01 + source[j + 1] * w10 + source[j + 4] * w11;
        const blue = source[i + 2] * w00 + source[i + 5] * w01 + source[j + 2] * w10 + source[j + 5] * w11;
        const o = at * 3;
        const solid = opacity > 1 ? 1 : opacity;
        radiance[o] += (red * (room_share * room_r + screen_share * screen_r) - radiance[o]) * solid;
        radiance[o + 1] += (green * (room_share * room_g + screen_share * screen_g) - radiance[o + 1]) * solid;
        radiance[o + 2] += (blue * (room_share * room_b + screen_share * screen_b) - radiance[o + 2]) * solid;
        nearness[at] = near;
      }
      near += near_step;
      u += u_step;
      v += v_step;
      opacity += opacity_step;
      room_share += room_step;
      screen_share += screen_step;
    }
  }

  // Into RGBX bytes, X left alone, under that exposure. noise: bytes to add, from its index `from` on.
  develop(exposure, noise, from, pixels) {
    const { lens, developed_wall, covered_from, covered_to } = this;
    // The exposure drifts slowly: some rows of the wall a frame are enough to follow it.
    const rows = lens.height / wall_parts;
    this.#develop_wall(exposure, this.next_wall_row, this.next_wall_row + rows);
    this.next_wall_row = (this.next_wall_row + rows) % lens.height;
    for (let y = 0; y < lens.height; y += 1) {
      const row = y * lens.width;
      const first = Math.min(covered_from[y], lens.width);
      const end = Math.max(first, covered_to[y]);
      add_noise(developed_wall, noise, from, pixels, row, row + first);
      this.#develop_covered(exposure, noise, from, pixels, row + first, row + end);
      add_noise(developed_wall, noise, from, pixels, row + end, row + lens.width);
    }
  }

  #develop_wall(exposure, first_row, end_row) {
    const scale = exposure * (displayed_steps - 1);
    for (let i = first_row * this.lens.width * 3; i < end_row * this.lens.width * 3; i += 1) {
      this.developed_wall[i] = displayed_of[Math.min(displayed_steps - 1, this.wall[i] * scale) | 0];
    }
  }

  #develop_covered(exposure, noise, from, pixels, first, end) {
    const { radiance } = this;
    const scale = exposure * (displayed_steps - 1);
    const brightest = displayed_steps - 1;
    for (let i = 3 * first, o = 4 * first; o < 4 * end; i += 3, o += 4) {
      const red = radiance[i] * scale;
      const green = radiance[i + 1] * scale;
      const blue = radiance[i + 2] * scale;
      pixels[o] = displayed_of[red > brightest ? brightest : red | 0] + noise[from + i];
      pixels[o + 1] = displayed_of[green > brightest ? brightest : green | 0] + noise[from + i + 1];
      pixels[o + 2] = displayed_of[blue > brightest ? brightest : blue | 0] + noise[from + i + 2];
    }
  }
}

function add_noise(developed, noise, from, pixels, first, end) {
  for (let i = 3 * first, o = 4 * first; o < 4 * end; i += 3, o += 4) {
    pixels[o] = developed[i] + noise[from + i];
    pixels[o + 1] = developed[i + 1] + noise[from + i + 1];
    pixels[o + 2] = developed[i + 2] + noise[from + i + 2];
  }
}
