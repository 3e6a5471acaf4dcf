// The sentences that this script may have to say. They stand in the page, in the reader's language; none stands here.

export const KEYS = [
  "asking",
  "looking",
  "stopped",
  "found",
  "opening",
  "full",
  "dark",
  "frozen",
  "denied",
  "none",
  "busy",
  "unsupported",
  "engine",
  "no_torch",
  "camera_number",
  "look_up",
  "off_signed",
  "off_wrong",
  "off_malformed",
  "off_unknown",
  "off_no_bundle",
  "off_bundle_wrong",
  "off_cannot",
  "off_unsigned",
  "off_key_valid",
  "off_key_ended",
  "off_key_lost",
  "off_key_stolen",
  "off_custodial",
  "off_own",
  "off_as_of",
  "off_stale",
  "off_host_ours",
  "off_host_other",
  "off_copy",
  "off_not_checked",
  "off_offline",
] as const;

export type Key = (typeof KEYS)[number];

export class Sentences {
  private readonly words: Readonly<Record<string, string>>;

  constructor(json: string) {
    this.words = JSON.parse(json) as Record<string, string>;
    const missing = KEYS.filter((key) => !this.words[key]);
    if (missing.length > 0) throw new Error(`the page has no words for ${missing.join(", ")}`);
  }

  /** One sentence, its blanks filled in. */
  say(key: Key, blanks: Readonly<Record<string, string | number>> = {}): string {
    return (this.words[key] ?? "").replace(/\{(\w+)\}/g, (_, name: string) => String(blanks[name] ?? ""));
  }
}
