const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const DAY_NAME = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY_NAME = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = String.raw`(?<hours>\d{2}):(?<minutes>\d{2}):(?<seconds>\d{2})`;

/** RFC 9110 §5.6.7: the form that HTTP uses today, and the two obsolete forms. */
const HTTP_FORMS = [
  new RegExp(String.raw`^${DAY_NAME}, (?<day>\d{2}) ${MONTH} (?<year>\d{4}) ${TIME} GMT$`),
  new RegExp(String.raw`^${LONG_DAY_NAME}, (?<day>\d{2})-${MONTH}-(?<year>\d{2}) ${TIME} GMT$`),
  new RegExp(String.raw`^${DAY_NAME} ${MONTH} (?<day>[ \d]\d) ${TIME} (?<year>\d{4})$`),
];
const ISO_8601 = new RegExp(
  String.raw`^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})T${TIME}(?<fraction>\.\d+)?` +
    String.raw`(?:Z|(?<sign>[+-])(?<offsetHours>\d{2}):(?<offsetMinutes>\d{2}))$`,
);

/** Windows file times begin with 1601 (FILETIME). The dates that Graph writes end with 9999. */
const FIRST_TIME = Date.UTC(1601, 0, 1);
const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59);
/** For years of two digits (RFC 9110 §5.6.7): smaller ones belong to this century. */
const FIRST_OLD_YEAR = 70;

type Groups = Readonly<Record<string, string | undefined>>;

/** A date of HTTP in any of its three forms. Undefined for anything else; `Date.parse` would accept even "file 5". */
export function parseHttpDate(header: string | undefined): Date | undefined {
  const text = header?.trim() ?? '';
  const groups = HTTP_FORMS.map(form => form.exec(text)?.groups).find(found => found !== undefined);
  return groups && dateOf(groups, MONTHS.indexOf(groups.month ?? ''));
}

/**
 * A date in a property: as in HTTP (RFC 9110 §5.6.7) or in the Internet profile of ISO 8601 (RFC 4918 §15.1). Undefined
 * for a date that no calendar has, such as 30 February, and for one outside the years 1601 to 9999.
 */
export function parsePropertyDate(text: string): Date | undefined {
  return onlyKept(parseHttpDate(text) ?? parseIso(text));
}

/** Unix seconds, which may be before 1970 or have a fraction, as rclone and ownCloud's clients write times. */
export function parseUnixTime(text: string): Date | undefined {
  return onlyKept(/^-?\d{1,12}(\.\d+)?$/.test(text) ? new Date(Number(text) * 1000) : undefined);
}

function onlyKept(date: Date | undefined): Date | undefined {
  const time = date?.getTime() ?? Number.NaN;
  return time >= FIRST_TIME && time <= LAST_TIME ? date : undefined;
}

function parseIso(text: string): Date | undefined {
  const groups: Groups | undefined = ISO_8601.exec(text)?.groups;
  const local = groups && dateOf(groups, Number(groups.month) - 1);
  if (groups === undefined || local === undefined) {
    return undefined;
  }
  const offset = Number(groups.offsetHours ?? 0) * 60 + Number(groups.offsetMinutes ?? 0);
  const milliseconds = Math.floor(Number(`0${groups.fraction ?? ''}`) * 1000);
  return new Date(local.getTime() + milliseconds - offset * (groups.sign === '-' ? -1 : 1) * 60_000);
}

/**
 * Undefined for a day that is on no calendar and for a time that is on no clock. `month` counts from 0. A leap second
 * counts as the last second of its minute.
 */
function dateOf({ year = '', day, hours, minutes, seconds }: Groups, month: number): Date | undefined {
  const date = new Date(0);
  date.setUTCFullYear(fullYear(year), month, Number(day));
  date.setUTCHours(Number(hours), Number(minutes), Math.min(59, Number(seconds)));
  const isOnCalendar = date.getUTCMonth() === month && date.getUTCDate() === Number(day);
  return isOnCalendar && Number(hours) < 24 && Number(minutes) < 60 && Number(seconds) <= 60 ? date : undefined;
}

function fullYear(text: string): number {
  return text.length > 2 ? Number(text) : Number(text) + (Number(text) < FIRST_OLD_YEAR ? 2000 : 1900);
}
