import { expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { FairSlots } from '../../src/lib/fair-slots.ts';
import { fakeClock } from '../support/fake-clock.ts';

const live = () => new AbortController().signal;
const patient = (signal = live()) => ({ signal, patienceMs: 60_000 });

it('lets the lane with the fewest running tasks go first, then the one that has waited longest', async () => {
  const slots = new FairSlots(2, systemClock);
  const order: string[] = [];
  const take = async (lane: string, name: string) => {
    const end = await slots.take(lane, patient());
    order.push(name);
    return end!;
  };
  const [first, second] = [await take('ada', 'a1'), await take('ada', 'a2')];
  const waiting = [take('ada', 'a3'), take('ada', 'a4'), take('bob', 'b1'), take('bob', 'b2')];
  first();
  await waiting[2];
  second();
  // Now bob has one and ada none.
  const third = await waiting[0]!;
  third();
  third();
  await waiting[1];
  expect(order).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  expect(slots.waiting).toBe(1);
});

it('gives up after its patience, and leaves no place behind', async () => {
  const slots = new FairSlots(1, fakeClock());
  const end = (await slots.take('ada', patient()))!;
  expect(await slots.take('bob', patient())).toBeUndefined();
  expect(slots.waiting).toBe(0);
  end();
  expect(await slots.take('bob', patient())).toBeDefined();
});

it('lets one who has gone wait no longer', async () => {
  const slots = new FairSlots(1, systemClock);
  const end = (await slots.take('ada', patient()))!;
  const gone = new AbortController();
  const waiting = slots.take('bob', patient(gone.signal));
  gone.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  end();
  expect(await slots.take('eve', patient())).toBeDefined();
  await expect(slots.take('bob', patient(gone.signal))).rejects.toThrow('gone');
});
