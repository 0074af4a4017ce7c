import { describe, expect, it } from 'vitest';
import { GraphError } from '../../src/graph/errors.ts';
import { Fence, HostFences, TenantFences } from '../../src/graph/fence.ts';
import { fakeClock } from '../support/fake-clock.ts';

const live = () => new AbortController().signal;

describe('Fence', () => {
  it('lets so many pass at once and no more', async () => {
    const fence = new Fence(fakeClock(), 2);
    let active = 0;
    let most = 0;
    const work = async () => {
      active += 1;
      most = Math.max(most, active);
      await new Promise(resolve => setImmediate(resolve));
      active -= 1;
    };
    await Promise.all(Array.from({ length: 20 }, () => fence.pass(work, live())));
    expect(most).toBe(2);
  });

  it('holds everybody while a short Retry-After runs', async () => {
    const clock = fakeClock();
    const fence = new Fence(clock, 4);
    fence.close(3);
    await fence.pass(async () => {}, live());
    expect(clock.slept).toEqual([3000]);
  });

  it('turns everybody away at once while a long one runs, and says for how long', async () => {
    const clock = fakeClock();
    const fence = new Fence(clock, 4);
    fence.close(90);
    clock.advance(30_000);
    const error = (await fence.pass(async () => {}, live()).catch((thrown: unknown) => thrown)) as GraphError;
    expect([error.kind, error.retryAfterSeconds]).toEqual(['throttled', 60]);
  });

  it('gives the place of a waiter that has gone to the next', async () => {
    const fence = new Fence(fakeClock(), 1);
    const release = Promise.withResolvers<void>();
    const running = fence.pass(() => release.promise, live());
    const gone = new AbortController();
    const waiting = fence.pass(async () => 'never', gone.signal);
    const next = fence.pass(async () => 'next', live());
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ kind: 'aborted' });
    release.resolve();
    expect(await next).toBe('next');
    await running;
  });

  it('D12: does not keep still for a day: after two minutes one finds out, and the others wait for it', async () => {
    const clock = fakeClock();
    const fence = new Fence(clock, 4);
    fence.close(86_400);
    expect(fence.quietSeconds()).toBe(120);
    clock.advance(119_000);
    clock.advance(1_001);
    const probe = Promise.withResolvers<string>();
    const first = fence.pass(() => probe.promise, live());
    await expect(fence.pass(async () => 'second', live())).rejects.toMatchObject({ kind: 'throttled' });
    probe.resolve('probe');
    expect(await first).toBe('probe');
    expect(await fence.pass(async () => 'free', live())).toBe('free');
  });

  it('D12: keeps still again when the one that finds out is told to', async () => {
    const clock = fakeClock();
    const fence = new Fence(clock, 4);
    fence.close(86_400);
    clock.advance(120_001);
    await fence.pass(async () => fence.close(86_400), live());
    await expect(fence.pass(async () => 'x', live())).rejects.toMatchObject({ kind: 'throttled' });
  });

  it('D12: each content host has a gate of its own', async () => {
    const fences = new HostFences(fakeClock(), 1);
    fences.of('https://a.sharepoint.com/x').close(60);
    const hanging = Promise.withResolvers<void>();
    const hung = fences.of('https://b.sharepoint.com/x').pass(() => hanging.promise, live());
    expect(await fences.of('https://c.sharepoint.com/y').pass(async () => 'free', live())).toBe('free');
    expect(fences.quietSeconds()).toBe(60);
    hanging.resolve();
    await hung;
  });

  it('frees its place when the work fails', async () => {
    const fence = new Fence(fakeClock(), 1);
    const fail = async () => {
      throw new GraphError('network', 'no');
    };
    await expect(fence.pass(fail, live())).rejects.toThrow('no');
    expect(await fence.pass(async () => 'free', live())).toBe('free');
  });
});

it('keeps a silence that was asked of another server, at the gate that it was asked at, and does not tell it again', () => {
  const told: string[] = [];
  const open = () => new TenantFences(fakeClock(), 4, (gate, seconds) => void told.push(`${gate} ${seconds}`));
  const [one, other] = [open(), open()];
  one.graph.close(7);
  one.tokens.close(8);
  one.content.of('https://contoso-my.sharepoint.com/x').close(9);
  expect(told).toEqual(['graph 7', 'tokens 8', 'contoso-my.sharepoint.com 9']);
  for (const text of told.splice(0)) {
    const [gate = '', seconds] = text.split(' ');
    other.keepSilent(gate, Number(seconds));
  }
  expect([other.graph.quietSeconds(), other.tokens.quietSeconds(), other.content.quietSeconds()]).toEqual([7, 8, 9]);
  expect(told).toEqual([]);
});
