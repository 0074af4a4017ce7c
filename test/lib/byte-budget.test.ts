import { afterEach, describe, expect, it, vi } from 'vitest';
import { BLOCK_BYTES, ByteBudget } from '../../src/lib/byte-budget.ts';

const live = () => new AbortController().signal;

describe('ByteBudget', () => {
  it('gives so much and no more, and lets the others wait in turns', async () => {
    const budget = new ByteBudget(10);
    expect([budget.tryTake(7), budget.tryTake(4), budget.used]).toEqual([true, false, 7]);
    const order: string[] = [];
    const first = budget.take(8, live()).then(() => order.push('first'));
    const second = budget.take(2, live()).then(() => order.push('second'));
    // There would be room for the second one, but it is not its turn.
    expect([budget.isShort, budget.tryTake(1)]).toEqual([true, false]);
    budget.give(7);
    await Promise.all([first, second]);
    expect([order, budget.used]).toEqual([['first', 'second'], 10]);
  });

  it('tells those who listen that somebody waits', async () => {
    const budget = new ByteBudget(1);
    let told = 0;
    const stop = budget.onShort(() => {
      told += 1;
    });
    await budget.take(1, live());
    expect(told).toBe(0);
    void budget.take(1, live());
    stop();
    void budget.take(1, live());
    expect(told).toBe(1);
  });

  it('lets those go who do not want to wait any more, and the next ones in', async () => {
    const budget = new ByteBudget(4);
    await budget.take(2, live());
    const gone = new AbortController();
    const big = budget.take(4, gone.signal);
    const small = budget.take(2, live());
    gone.abort(new Error('gone'));
    await expect(big).rejects.toThrow('gone');
    await small;
    await expect(budget.take(1, gone.signal)).rejects.toThrow('gone');
    expect(budget.used).toBe(4);
  });
});

describe('memory of a ByteBudget', () => {
  afterEach(() => void vi.useRealTimers());

  it('is used again', () => {
    const budget = new ByteBudget(BLOCK_BYTES);
    const block = budget.block();
    budget.keep(block);
    expect([budget.kept, budget.block() === block, budget.kept]).toEqual([BLOCK_BYTES, true, 0]);
    expect(budget.block()).not.toBe(block);
  });

  it('is freed when nobody has needed it for a while, but not what was needed meanwhile', () => {
    vi.useFakeTimers();
    const budget = new ByteBudget(4 * BLOCK_BYTES);
    const blocks = Array.from({ length: 4 }, () => budget.block());
    for (const block of blocks) {
      budget.keep(block);
    }
    vi.advanceTimersByTime(10_000);
    budget.keep(budget.block());
    vi.advanceTimersByTime(10_000);
    expect(budget.kept).toBe(BLOCK_BYTES);
    vi.advanceTimersByTime(20_000);
    expect([budget.kept, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
