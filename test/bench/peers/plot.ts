/** One line of a plot: its name, and a value for each step. */
export interface Line {
  readonly name: string;
  readonly values: readonly number[];
}

export interface Plot {
  /** The growing quantity, and the measured one. */
  readonly title: string;
  readonly steps: readonly number[];
  readonly lines: readonly Line[];
}

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [520, 260, 60, 90, 30, 30];
const COLOURS = ['#0b6bcb', '#c2410c', '#15803d'];

/** Draws a plot with both axes in powers of ten, as SVG. */
export function renderPlot({ title, steps, lines }: Plot): string {
  const all = lines.flatMap(({ values }) => values);
  const across = scale([steps[0]!, steps.at(-1)!], [LEFT, WIDTH - RIGHT]);
  const up = scale([Math.min(...all), Math.max(...all)], [HEIGHT - BOTTOM, TOP]);
  const ticks = steps.map(step => text(across(step), HEIGHT - 10, String(step), 'middle'));
  const bounds = [Math.min(...all), Math.max(...all)].map(value => text(LEFT - 6, up(value) + 4, short(value), 'end'));
  const drawn = lines.map(({ name, values }, index) => {
    const points = values.map((value, at) => `${across(steps[at]!).toFixed(1)},${up(value).toFixed(1)}`).join(' ');
    const colour = COLOURS[index % COLOURS.length];
    const label = text(WIDTH - RIGHT + 6, up(values.at(-1)!) + 4, name, 'start');
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>\n${label}`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    text(LEFT, 16, title, 'start'),
    ...ticks,
    ...bounds,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

/** From a value to its place; both ends are given. */
function scale([from, to]: [number, number], [start, end]: [number, number]): (value: number) => number {
  const length = Math.log(to) - Math.log(from) || 1;
  return value => start + ((Math.log(value) - Math.log(from)) / length) * (end - start);
}

function text(x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${words}</text>`;
}

function short(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}
