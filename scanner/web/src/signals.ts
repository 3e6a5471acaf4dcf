// How a person notices that a code was read: it can be felt, seen and, if asked for, heard. Screen readers get it from the status line.

const SHAKE_MS = 60;
const BEEP_HZ = 1760;
const BEEP_S = 0.09;
const FLASH_MS = 300;

let sound: AudioContext | null = null;

/** Sound may start only in answer to a tap: called from one. */
export function allowSound(): void {
  if (typeof AudioContext === "undefined") return;
  sound ??= new AudioContext();
  void sound.resume();
}

/** Tell that something was read. */
export function signal(view: HTMLElement, beep: boolean): void {
  // Chromium complains of a page that shakes the phone before anybody touched it.
  if ("vibrate" in navigator && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate(SHAKE_MS);
  view.classList.add("read");
  setTimeout(() => view.classList.remove("read"), FLASH_MS);
  if (!beep || sound === null) return;
  const tone = sound.createOscillator();
  const volume = sound.createGain();
  tone.frequency.value = BEEP_HZ;
  volume.gain.value = 0.2;
  tone.connect(volume);
  volume.connect(sound.destination);
  tone.start();
  tone.stop(sound.currentTime + BEEP_S);
}
