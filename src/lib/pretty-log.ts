import { styleText } from 'node:util';
import { printable } from './printable.ts';

/** A line of the log, as pino writes it. */
interface Line {
  readonly level?: string;
  readonly time?: string;
  readonly msg?: string;
  readonly [field: string]: unknown;
}

type Style = Parameters<typeof styleText>[0];

const LEVELS: Record<string, Style> = { warn: 'yellow', error: 'red', fatal: 'red', debug: 'dim', trace: 'dim' };
/** The fields of the access log that have a place of their own in its line. */
const PLACED = ['level', 'time', 'msg', 'id', 'method', 'path', 'status', 'ms', 'user', 'bytesIn', 'bytesOut'];
/** Fields of the access log that say little on a terminal. */
const LEFT_OUT = ['http', 'ip', 'userAgent', 'aborted'];

/** Renders a line of the log for a person: colours if wanted, one line for each request, the stack below an error. */
export function renderPretty(json: string, { colours }: { readonly colours: boolean }): string {
  const line = JSON.parse(json) as Line;
  const paint = (style: Style, text: string) => (colours ? styleText(style, text, { validateStream: false }) : text);
  const isRequest = line.msg === 'request' && typeof line.method === 'string';
  const level = line.level ?? 'info';
  const head = [
    paint('dim', timeOf(line)),
    paint(LEVELS[level] ?? 'green', level.toUpperCase().padEnd(5)),
    isRequest ? requestOf(line, paint) : printable(line.msg ?? ''),
  ];
  const { stack } = (line.err ?? {}) as { stack?: unknown };
  const below = typeof stack === 'string' ? `\n${stack.split('\n').map(printable).join('\n')}` : '';
  const hidden = isRequest ? [...PLACED, ...LEFT_OUT] : ['level', 'time', 'msg'];
  return `${[...head, ...fieldsOf(line, hidden).map(text => paint('dim', text))].join(' ')}${below}\n`;
}

/** The local time of day, as `09:30:01`. */
function timeOf({ time }: Line): string {
  return time === undefined ? '' : new Date(time).toTimeString().slice(0, 8);
}

function requestOf(line: Line, paint: (style: Style, text: string) => string): string {
  const status = typeof line.status === 'number' ? line.status : undefined;
  const colour = status === undefined || status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green';
  return [
    paint(colour, String(status ?? '---')),
    String(line.method).padEnd(8),
    printable(String(line.path)),
    `${line.ms} ms`,
    `${line.bytesIn}/${line.bytesOut} B`,
    line.user === undefined ? '-' : printable(String(line.user)),
  ].join(' ');
}

function fieldsOf(line: Line, hidden: readonly string[]): string[] {
  return Object.entries(line)
    .filter(([name, value]) => !hidden.includes(name) && name !== 'err' && value !== undefined)
    .map(([name, value]) => `${name}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`);
}
