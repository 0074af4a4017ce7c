import { Counter, Histogram, type Registry } from 'prom-client';

/**
 * Sums that are added to in each request and read at each scrape. prom-client looks a label set up, checks it and
 * hashes it each time, which takes half a microsecond; a cell is found once, and costs an addition.
 */
export interface CountCell {
  count: number;
}

type Labels<T extends string> = Readonly<Record<T, string>>;

interface Described<T extends string> {
  readonly name: string;
  readonly help: string;
  readonly labelNames: T[];
  readonly registers: Registry[];
}

/** A counter whose cells are found once for each label set. */
export class TalliedCounter<T extends string> {
  readonly #cells: { readonly labels: Labels<T>; readonly cell: CountCell }[] = [];

  constructor(described: Described<T>) {
    const cells = this.#cells;
    new Counter({
      ...described,
      collect() {
        this.reset();
        for (const { labels, cell } of cells) {
          this.inc(labels, cell.count);
        }
      },
    });
  }

  /** Returns a new cell. The caller asks once for each label set. */
  cell(labels: Labels<T>): CountCell {
    const cell = { count: 0 };
    this.#cells.push({ labels, cell });
    return cell;
  }
}

/** One label set of a histogram. */
export class HistogramCell {
  readonly #bounds: readonly number[];
  /** Of each bucket alone; the last one is for all that is above the bounds. */
  readonly #counts: number[];
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let index = 0;
    while (index < this.#bounds.length && value > this.#bounds[index]!) {
      index += 1;
    }
    this.#counts[index]! += 1;
    this.#sum += value;
  }

  /** Returns the samples by the ending of their name; `le` is the bound of a bucket. */
  samples(): { readonly ending: string; readonly le?: number | string; readonly value: number }[] {
    let total = 0;
    const buckets = this.#counts.map((count, index) => {
      total += count;
      return { ending: '_bucket', le: this.#bounds[index] ?? '+Inf', value: total };
    });
    return [...buckets, { ending: '_sum', value: this.#sum }, { ending: '_count', value: total }];
  }
}

/** A histogram whose cells are found once for each label set. */
export class TalliedHistogram<T extends string> extends Histogram<T> {
  readonly #described: Described<T>;
  readonly #bounds: readonly number[];
  readonly #cells: { readonly labels: Labels<T>; readonly cell: HistogramCell }[] = [];

  constructor({ buckets, ...described }: Described<T> & { readonly buckets: number[] }) {
    super({ ...described, buckets });
    this.#described = described;
    this.#bounds = buckets;
  }

  /** Returns a new cell. The caller asks once for each label set. */
  cell(labels: Labels<T>): HistogramCell {
    const cell = new HistogramCell(this.#bounds);
    this.#cells.push({ labels, cell });
    return cell;
  }

  /** The registry asks for this when it writes text, and `get` is made from it. */
  async getForPromString() {
    const values = this.#cells.flatMap(({ labels, cell }) =>
      cell.samples().map(({ ending, le, value }) => ({
        metricName: `${this.#described.name}${ending}`,
        labels: le === undefined ? {} : { le },
        sharedLabels: labels,
        value,
      })),
    );
    const { name, help } = this.#described;
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}

/** Returns what `make` made for the key, and makes it the first time. */
export function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}
