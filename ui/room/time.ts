/** Time of a recording as a person reads it: 1:02:03. */
export function timeOf(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  return `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
}

/** Seconds of a time as a person writes it, 1:02:03 or 62:03; undefined for anything else. */
export function secondsOf(text: string): number | undefined {
  if (!/^\d{1,3}(:[0-5]\d){1,2}$/.test(text.trim())) return undefined;
  return text.trim().split(":").reduce((sum, n) => 60 * sum + Number(n), 0);
}

/**
 * A moment as date and time of day in the zone of the page's installation, with
 * its name: 2026-11-28 14:03:07 CET. Read years later, in another country, it means the same.
 */
export function momentOf(ms: number): string {
  const parts = (clock ??= clockOf(document.documentElement.dataset.zone)).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((p) => p.type === type)!.value;
  return `${part("year")}-${part("month")}-${part("day")} ${part("hour")}:${part("minute")}:${part("second")} ${part("timeZoneName")}`;
}

let clock: Intl.DateTimeFormat | undefined;

/** Where the browser does not know the zone it tells its own. */
function clockOf(zone?: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-GB", { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short", timeZone: zone });
  } catch {
    return clockOf();
  }
}
