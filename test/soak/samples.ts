import { readdir, readFile, readlink } from 'node:fs/promises';

/** The resources of a process at one moment. */
export interface Sample {
  /** Resident memory, in bytes. */
  readonly rss: number;
  readonly descriptors: number;
  readonly sockets: number;
}

/** Connections come and go; so many more or fewer are no trend. */
const SPARE = { descriptors: 16, sockets: 16 };
/** Garbage waits for its collector. */
const SPARE_RSS = 1.15;

export async function sampleOf(pid: number): Promise<Sample> {
  const names = await readdir(`/proc/${pid}/fd`);
  const targets = await Promise.all(names.map(name => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    rss: Number(kilobytes) * 1024,
    descriptors: names.length,
    sockets: targets.filter(target => target.startsWith('socket:')).length,
  };
}

export function showSample({ rss, descriptors, sockets }: Sample): string {
  return `${Math.round(rss / 1e6)} MB, ${descriptors} descriptors, ${sockets} sockets`;
}

/** Compares the last quarter with the second one: the first is the warm-up. Returns the values that have grown. */
export function isFlat(samples: readonly Sample[]): string[] {
  const quarter = Math.floor(samples.length / 4);
  if (quarter === 0) {
    return ['too short a run to see a trend'];
  }
  const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  return (['rss', 'descriptors', 'sockets'] as const).flatMap(what => {
    const [before, after] = [early, late].map(some => medianOf(some.map(sample => sample[what])));
    const bound = what === 'rss' ? before! * SPARE_RSS : before! + SPARE[what];
    console.log(`${what}: ${before} in the second quarter, ${after} in the last`);
    return after! > bound ? [`${what} has grown from ${before} to ${after}`] : [];
  });
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}
