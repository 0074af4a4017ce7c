import { type Cell, callsOf, type MatrixServer, nameOf, runCell } from './cell.ts';
import { MATRIX_FAULTS } from './faults.ts';
import { REQUESTS } from './requests.ts';

/** Of the cells whose request has many bytes, one in so many is in the sample. */
const LARGE_SHARE = 20;
/** Enough to see the effects of a failed request. */
const CALLS_TOLD = 12;

/**
 * Every cell: each kind of request × each fault × the first, the last and the middle one of the calls that it can
 * happen to. Which calls a request makes is seen by making it.
 */
export async function planCells(server: MatrixServer): Promise<Cell[]> {
  const cells: Cell[] = [];
  for (const [index, kind] of REQUESTS.entries()) {
    const operations = await callsOf(server, kind, `plan-${index}`);
    for (const fault of MATRIX_FAULTS) {
      // Millions of pieces would be sent.
      const isEndless = kind.isLarge && fault.name.startsWith('trickle-');
      const met = isEndless ? [] : [...operations.keys()].filter(call => fault.meets(operations[call]!));
      const chosen = new Set([met[0], met.at(-1), met[Math.floor(met.length / 2)]]);
      cells.push(...[...chosen].filter(call => call !== undefined).map(call => ({ kind, fault, call })));
    }
  }
  return cells;
}

/** About `size` of the cells, the same ones each time, spread evenly; those with many bytes are fewer. */
export function sampleCells(cells: readonly Cell[], size: number): Cell[] {
  const small = cells.filter(({ kind }) => !kind.isLarge);
  const large = cells.filter(({ kind }) => kind.isLarge);
  const largeSize = Number.isFinite(size) ? Math.ceil(large.length / LARGE_SHARE) : large.length;
  return [...spread(small, size), ...spread(large, largeSize)];
}

/** The part `part` of `parts` that share the cells evenly. */
export function partOf(cells: readonly Cell[], part: number, parts: number): Cell[] {
  return cells.filter((_, index) => index % parts === part);
}

/** Runs cells one after another; returns the failures, a line each. */
export async function runCells(server: MatrixServer, cells: readonly Cell[]): Promise<string[]> {
  const wrong: string[] = [];
  for (const [index, cell] of cells.entries()) {
    try {
      await runCell(server, cell, `cell-${index}`);
    } catch (error) {
      const calls = server.emulator.calls.slice(-CALLS_TOLD).map(({ operation, status }) => `${operation} ${status}`);
      wrong.push(`${nameOf(cell)}: ${firstLine(error)} (last calls: ${calls.join(', ')})`);
    }
  }
  return wrong;
}

function spread<T>(all: readonly T[], size: number): T[] {
  const step = Math.max(1, all.length / size);
  return Array.from({ length: Math.min(size, all.length) }, (_, index) => all[Math.floor(index * step)]!);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}
