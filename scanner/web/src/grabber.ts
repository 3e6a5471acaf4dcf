// Takes single frames from the video, cut to what is looked at. The next one is taken when the one before has been read: one in flight.

import { cropOf } from "./crop.ts";
import { within } from "./within.ts";

/** A camera that gives no frame for so long has stopped. */
const FRAME_MS_MAX = 4000;

type WithFrameCallback = HTMLVideoElement & { requestVideoFrameCallback?: (callback: () => void) => number };

/** Resolves when the video has a new picture; fails when none comes. */
export function nextFrame(video: HTMLVideoElement): Promise<void> {
  const callback = (video as WithFrameCallback).requestVideoFrameCallback;
  const comes = new Promise<void>((resolve) => {
    if (callback !== undefined) {
      callback.call(video, () => resolve());
      return;
    }
    // Older browsers: at the next drawing of the page in which the video has something to show.
    const look = (): void => {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) resolve();
      else if (video.srcObject !== null) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  return within(FRAME_MS_MAX, comes);
}

export class Grabber {
  readonly canvas = document.createElement("canvas");
  // Kept where the processor reads it: from the graphics card each frame would take longer to fetch than to read.
  private readonly context = this.canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  private look = 0;

  /** The part of the video that it is time to look at; null before there is a picture. */
  grab(video: HTMLVideoElement): ImageData | null {
    if (this.context === null || video.videoWidth === 0 || video.videoHeight === 0) return null;
    const crop = cropOf(this.look, video.videoWidth, video.videoHeight);
    this.look += 1;
    // A canvas that gets a size is emptied and made anew, even where it is the same size.
    if (this.canvas.width !== crop.drawnWidth) this.canvas.width = crop.drawnWidth;
    if (this.canvas.height !== crop.drawnHeight) this.canvas.height = crop.drawnHeight;
    const { x, y, width, height, drawnWidth, drawnHeight } = crop;
    this.context.drawImage(video, x, y, width, height, 0, 0, drawnWidth, drawnHeight);
    return this.context.getImageData(0, 0, drawnWidth, drawnHeight);
  }
}
