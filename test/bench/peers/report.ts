import { cpus, release, totalmem } from 'node:os';
import { isMet, type Measured, median, ratioOf } from './measure.ts';

export interface Machine {
  readonly rclone: string;
  /** What was to be measured, and is not there, with the reason. */
  readonly missing: readonly string[];
}

/** A line for the terminal. */
export function lineOf(measured: Measured): string {
  const { name, against, unit } = measured.row;
  const [ours, theirs] = [spread(measured.ours), spread(measured.theirs)];
  return `${verdictOf(measured).padEnd(7)} ${name}: ${ours} ${unit}, ${against} ${theirs}: ${share(measured)}`;
}

/** The page with all figures, raw samples included. */
export function renderPage(
  rows: readonly Measured[],
  {
    memory,
    plots,
    rclone,
    missing,
  }: Machine & { readonly memory: readonly string[]; readonly plots: readonly string[] },
): string {
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 1024 ** 3)} GiB, Linux ${release()}`;
  return [
    '# Benchmarks beside peers',
    '',
    '`npm run bench peers` measures this server, `rclone serve webdav` over its own OneDrive backend and a plain `node:http`',
    'in turns, on one machine, with one emulated Microsoft behind them; nginx and Apache serve the same files from the',
    'local disk, and have no goal. Each figure is the median, with the least and the most. Times differ from machine to machine, so the goals are shares of the other figure of the same run.',
    '',
    `${machine}; Node ${process.version}; ${rclone}.`,
    '',
    '| work | ours | against | share | goal | |',
    '|---|---|---|---|---|---|',
    ...rows.map(cells),
    '',
    ...missing.map(line => `Not measured: ${line}.`),
    ...(missing.length > 0 ? [''] : []),
    'Causes and trials for the rows that are not met: [benchmarks-notes.md](benchmarks-notes.md). A folder of 100,000 files in a',
    'browser: [benchmarks-browser.md](benchmarks-browser.md).',
    '',
    '## As the work grows',
    '',
    ...plots.map(name => `![${name}](benchmarks-${name}.svg)`),
    '',
    '## Memory, where the rows do not say it',
    '',
    ...memory.map(line => `- ${line}`),
    '',
    '## Samples',
    '',
    ...rows.map(
      ({ row, ours, theirs }) =>
        `- ${row.name} (${row.unit}, against ${row.against}): ${list(ours)} against ${list(theirs)}`,
    ),
    '',
  ].join('\n');
}

function cells(measured: Measured): string {
  const { name, unit, against, goal } = measured.row;
  const bound = goal === undefined ? '' : `${unit === 'requests/s' ? '≥' : '≤'} ${goal}`;
  const verdict = verdictOf(measured).replace('NOT MET', '**not met**');
  const them = `${against}: ${spread(measured.theirs)}`;
  return `| ${name} | ${spread(measured.ours)} ${unit} | ${them} | ${share(measured)} | ${bound} | ${verdict} |`;
}

function verdictOf(measured: Measured): string {
  return measured.row.goal === undefined ? '' : isMet(measured) ? 'met' : 'NOT MET';
}

function share(measured: Measured): string {
  return ratioOf(measured).toFixed(2);
}

function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map(round);
  return least === most ? `${least}` : `${round(median(values))} (${least}–${most})`;
}

function list(values: readonly number[]): string {
  return values.map(round).join(', ');
}

function round(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}
