// Which part of the picture is looked at. Most codes are held into the middle, and a third of the picture takes a third of the time;
// every third look goes over the whole of it, where several codes lie side by side.

/** A look at the whole comes as every so-manieth. */
const WHOLE_EVERY = 3;
/** More pixels than this find no more codes. */
const SIDE_PX_MAX = 1280;
/** The middle is a square of this share of the shorter side: what the frame on the page shows. */
export const MIDDLE = 0.8;

export interface Crop {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** The size it is drawn at. */
  readonly drawnWidth: number;
  readonly drawnHeight: number;
}

/** What the look of this number goes over, in a picture of this size. */
export function cropOf(look: number, width: number, height: number): Crop {
  const whole = look % WHOLE_EVERY === WHOLE_EVERY - 1;
  const side = Math.round(Math.min(width, height) * MIDDLE);
  const [w, h] = whole ? [width, height] : [side, side];
  const scale = Math.min(1, SIDE_PX_MAX / Math.max(w, h));
  return {
    x: Math.round((width - w) / 2),
    y: Math.round((height - h) / 2),
    width: w,
    height: h,
    drawnWidth: Math.max(1, Math.round(w * scale)),
    drawnHeight: Math.max(1, Math.round(h * scale)),
  };
}
