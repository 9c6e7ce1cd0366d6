/** Before a check: whether the camera sees enough light. Advice for the person, never a reason to refuse. */
export type Light = 'covered' | 'dark' | 'fine';

const kSample = { width: 32, height: 24 };
/** Luma of 8-bit video, 0 to 255. Below the first the lens is shut, below the second a face drowns in sensor noise. */
const kCoveredBelow = 8;
const kDarkBelow = 45;
/** So much brighter it must get before the word is taken back. */
const kHysteresis = 8;

let sampler: CanvasRenderingContext2D | null = null;

/**
 * The brighter of two means, over the whole picture and over its middle, in luma (BT.709 weights). Either is enough:
 * a lit face before a dark wall, or a dark skin in a lit room, is a good picture. Null while there is no picture.
 */
export function brightness_of(video: HTMLVideoElement): number | null {
  if (video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA || video.videoWidth === 0) return null;
  sampler ??= Object.assign(document.createElement('canvas'), kSample).getContext('2d', { willReadFrequently: true });
  if (!sampler) return null;
  sampler.drawImage(video, 0, 0, kSample.width, kSample.height);
  const { width, height } = kSample;
  return Math.max(mean_luma(sampler, 0, 0, width, height), mean_luma(sampler, width / 4, height / 4, width / 2, height / 2));
}

function mean_luma(context: CanvasRenderingContext2D, x: number, y: number, width: number, height: number): number {
  const { data } = context.getImageData(x, y, width, height);
  let sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    sum += 0.2126 * (data[i] ?? 0) + 0.7152 * (data[i + 1] ?? 0) + 0.0722 * (data[i + 2] ?? 0);
  }
  return sum / (width * height);
}

export function light_of(brightness: number, before: Light): Light {
  if (brightness < kCoveredBelow) return 'covered';
  return brightness < kDarkBelow + (before === 'fine' ? 0 : kHysteresis) ? 'dark' : 'fine';
}
