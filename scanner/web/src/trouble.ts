// Why there is no picture, in the few words that make a difference to the person in front of it.

export type Trouble = "denied" | "none" | "busy" | "unsupported" | "engine";

/** What an error of the camera means. Browsers agree on the names, and old ones have their own. */
export function troubleOf(error: unknown): Trouble {
  switch (error instanceof Error ? error.name : "") {
    case "NotAllowedError":
    case "PermissionDeniedError":
      return "denied";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    case "SecurityError":
    case "TypeError":
    case "NotSupportedError":
      return "unsupported";
    default:
      // NotReadableError, AbortError, TrackStartError: another program has it, or the machine would not start it.
      return "busy";
  }
}

/** Whether an app shows this page inside itself: there the camera is often missing, and the browser has it. */
export function insideAnApp(userAgent: string): boolean {
  return /MicroMessenger|AlipayClient|\bQQ\/|DingTalk|Weibo|aweme|BytedanceWebview|XiaoHongShu|; wv\)/i.test(userAgent);
}
