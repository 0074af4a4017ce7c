const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A date as a property holds it: as in HTTP (RFC 9110 §5.6.7) or as in the Internet profile of ISO 8601 (RFC 4918 §15.1). Undefined for
 * anything else: what `Date.parse` makes of "file 5" is a date too.
 */
export function parsePropertyDate(text: string): Date | undefined {
  const time = IMF_FIXDATE.test(text) || ISO_8601.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time);
}

/** Unix seconds, sometimes with a fraction, as rclone and ownCloud's clients write times. */
export function parseUnixTime(text: string): Date | undefined {
  return /^\d{1,11}(\.\d+)?$/.test(text) ? new Date(Number(text) * 1000) : undefined;
}
