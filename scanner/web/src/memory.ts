// What a phone remembers of how somebody scans: which camera, whether it beeps. A private window may refuse; then nothing is remembered.

const PREFIX = "suyuan-scan-";

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Full, or forbidden: the next visit asks again.
  }
}
