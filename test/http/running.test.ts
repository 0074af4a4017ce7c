import { describe, expect, test } from 'vitest';
import { Running } from '../../src/http/running.ts';

describe('requests under way', () => {
  test('have ended when there are none', async () => {
    await expect(new Running().ended()).resolves.toBeUndefined();
  });

  test('have ended when the last one has, also after a failure', async () => {
    const running = new Running();
    const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const noted = [running.note(first.promise), running.note(second.promise)];
    let counted = Number.NaN;
    const ended = running.ended().then(() => {
      counted = running.count;
    });
    expect(running.count).toBe(2);
    first.reject(new Error('broken'));
    await expect(noted[0]).rejects.toThrow('broken');
    expect([running.count, counted]).toEqual([1, Number.NaN]);
    second.resolve();
    await ended;
    expect(counted).toBe(0);
  });
});
