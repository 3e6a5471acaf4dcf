// Whether a picture shows anything: a covered lens, or a camera that another program holds, gives black frames and no error.

/** Darker than this all over is black: a lens under a thumb still shows some noise. */
const BLACK_MAX = 44;
/** About so many places are looked at. */
const SAMPLES = 1024;
/** Black for so long is told. */
export const DARK_MS = 3000;

/** Whether no place in the picture is lighter than black. */
export function isBlack(pixels: Uint8ClampedArray): boolean {
  const step = Math.max(4, Math.floor(pixels.length / 4 / SAMPLES) * 4);
  for (let at = 0; at + 2 < pixels.length; at += step) {
    // Green alone speaks for how light it is; asked first, it answers for most places.
    if (pixels[at + 1]! > BLACK_MAX || pixels[at]! > BLACK_MAX || pixels[at + 2]! > BLACK_MAX) return false;
  }
  return true;
}

/** How long it has been dark. */
export class Darkness {
  private sinceMs: number | null = null;

  /** Whether it has been black for so long that the person should be told. */
  tells(black: boolean, nowMs: number): boolean {
    if (!black) this.sinceMs = null;
    else this.sinceMs ??= nowMs;
    return this.sinceMs !== null && nowMs - this.sinceMs >= DARK_MS;
  }
}
