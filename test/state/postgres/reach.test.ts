import { expect, it, vi } from 'vitest';
import { Reach } from '../../../src/state/postgres/reach.ts';
import { StateUnavailable } from '../../../src/state/state-unavailable.ts';
import { eventually } from '../../support/eventually.ts';

const failing = (message: string) => vi.fn(async () => Promise.reject(new Error(message)));

it('asks a database that is away one at a time, and refuses the others at once', async () => {
  const reach = new Reach();
  await expect(reach.connect(failing('ECONNREFUSED'))).rejects.toThrow(StateUnavailable);
  const { promise, resolve } = Promise.withResolvers<string>();
  const slow = vi.fn(() => promise);
  let trying: Promise<string> | undefined;
  // The first attempt after the pause is made; it is not answered yet.
  await eventually(() => {
    trying = reach.connect(slow);
    trying.catch(() => {});
    expect(slow).toHaveBeenCalled();
  });
  const other = vi.fn(async () => 'other');
  await expect(reach.connect(other)).rejects.toThrow('ECONNREFUSED');
  expect(other).not.toHaveBeenCalled();
  resolve('there again');
  expect(await trying).toBe('there again');
  expect(await reach.connect(other)).toBe('other');
});

it('does not take a pool whose connections are all in use for a database that is away', async () => {
  const reach = new Reach();
  await expect(reach.connect(failing('timeout exceeded when trying to connect'))).rejects.toThrow(StateUnavailable);
  expect(await reach.connect(async () => 'free')).toBe('free');
});
