// One open camera: its picture, its light and its zoom where it has them, and which others there are.

import { recall, remember } from "./memory.ts";

const CHOICE = "camera";

// The library of types does not know these yet; browsers that have none leave them out.
type Capabilities = MediaTrackCapabilities & {
  readonly torch?: boolean;
  readonly zoom?: { readonly min: number; readonly max: number; readonly step?: number };
};
type Settings = MediaTrackSettings & { readonly zoom?: number };

export interface Zoom {
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly now: number;
}

export class Camera {
  readonly stream: MediaStream;
  readonly track: MediaStreamTrack;

  private constructor(stream: MediaStream, track: MediaStreamTrack) {
    this.stream = stream;
    this.track = track;
  }

  /** Open the camera that was chosen before, else the one that looks away from the person. */
  static async open(): Promise<Camera> {
    const chosen = recall(CHOICE);
    if (chosen !== null) {
      try {
        return await Camera.opened({ deviceId: { exact: chosen } });
      } catch (error) {
        // Unplugged since then, or a phone that opens none by its name; a refusal by the person stands.
        if (error instanceof Error && error.name === "NotAllowedError") throw error;
      }
    }
    return Camera.opened({ facingMode: { ideal: "environment" } });
  }

  private static async opened(which: MediaTrackConstraints): Promise<Camera> {
    const video: MediaTrackConstraints = { width: { ideal: 1280 }, height: { ideal: 720 }, ...which };
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video });
    const [track] = stream.getVideoTracks();
    if (track === undefined) throw new DOMException("a camera without a picture", "NotReadableError");
    return new Camera(stream, track);
  }

  /** From now on this one is opened. */
  static choose(id: string): void {
    remember(CHOICE, id);
  }

  get id(): string {
    return this.track.getSettings().deviceId ?? "";
  }

  get hasTorch(): boolean {
    return this.capabilities.torch === true;
  }

  get zoom(): Zoom | null {
    const range = this.capabilities.zoom;
    if (range === undefined || !(range.max > range.min)) return null;
    const now = (this.track.getSettings() as Settings).zoom ?? range.min;
    return { min: range.min, max: range.max, step: range.step || 0.1, now };
  }

  /** Whether the light is now as asked for. */
  setTorch(on: boolean): Promise<boolean> {
    return this.apply({ torch: on });
  }

  setZoom(zoom: number): Promise<boolean> {
    return this.apply({ zoom });
  }

  /** Give the camera back: its lamp goes out, and other programs may have it. */
  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }

  /** The cameras of this device. Their names are told only once one of them was allowed. */
  static async all(): Promise<MediaDeviceInfo[]> {
    try {
      const devices = await navigator.mediaDevices.enumerateDevices();
      return devices.filter((one) => one.kind === "videoinput" && one.deviceId !== "");
    } catch {
      return [];
    }
  }

  private get capabilities(): Capabilities {
    // Firefox had none for long.
    return typeof this.track.getCapabilities === "function" ? this.track.getCapabilities() : {};
  }

  private async apply(wish: { torch: boolean } | { zoom: number }): Promise<boolean> {
    try {
      await this.track.applyConstraints({ advanced: [wish as MediaTrackConstraintSet] });
      return true;
    } catch {
      return false;
    }
  }
}
