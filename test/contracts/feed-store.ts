import { expect, it } from 'vitest';
import type { FeedStore } from '../../src/state/feed-store.ts';

const FOR_MS = 60_000;
const anew = (url: string) => ({ link: { url }, isAnew: true, lines: [], beganMs: 0 });
const lines = (...texts: string[]) => ({ link: { url: 'u2' }, isAnew: false, lines: texts, beganMs: 0 });

/** Lets `use` have the views of two servers, and a function that ends the first one. */
export type WithTwoFeedStores = (
  use: (one: FeedStore, other: FeedStore, endOne: () => Promise<void>) => Promise<void>,
) => Promise<void>;

export function describeFeedStore(withTwo: WithTwoFeedStores): void {
  it('give what one has read to the others, in order and once', () =>
    withTwo(async (one, other) => {
      expect(await one.news('d', undefined)).toEqual({
        ...{ position: undefined, isAnew: false, lines: [], ageMs: Number.POSITIVE_INFINITY },
      });
      const first = (await one.takeTurn('d', FOR_MS))!;
      expect([first.link, first.ageMs]).toEqual([undefined, Number.POSITIVE_INFINITY]);
      expect(await other.takeTurn('d', FOR_MS)).toBeUndefined();
      const begun = (await first.finish(anew('u1')))!;
      const joined = await other.news('d', undefined);
      expect(joined).toMatchObject({ position: begun, isAnew: true, lines: [] });
      expect(joined.ageMs).toBeLessThan(FOR_MS);
      const second = (await other.takeTurn('d', FOR_MS))!;
      expect(second.link?.url).toBe('u1');
      const after = await second.finish(lines('x', 'y'));
      expect(await one.news('d', begun)).toMatchObject({ position: after, isAnew: false, lines: ['x', 'y'] });
      expect(await one.news('d', after)).toMatchObject({ position: after, isAnew: false, lines: [] });
      expect(await one.news('d2', undefined)).toMatchObject({ position: undefined });
    }));

  it('begin anew for all when a link is lost, and for a server that was away too long', () =>
    withTwo(async (one, other) => {
      const begun = await (await one.takeTurn('d', FOR_MS))!.finish(anew('u1'));
      await (await one.takeTurn('d', FOR_MS))!.giveUp({ isLost: true });
      const turn = (await other.takeTurn('d', FOR_MS))!;
      expect([turn.link, turn.ageMs]).toEqual([undefined, Number.POSITIVE_INFINITY]);
      const again = await turn.finish(anew('u3'));
      expect(await one.news('d', begun)).toMatchObject({ position: again, isAnew: true, lines: [] });
      for (let look = 0; look < 6; look += 1) {
        await (await other.takeTurn('d', FOR_MS))!.finish(lines(...Array.from({ length: 100 }, () => 'x')));
      }
      expect(await one.news('d', again)).toMatchObject({ isAnew: true, lines: [] });
    }));

  it('keep nothing of a turn that was over, and pass the turn of a dead server on', () =>
    withTwo(async (one, other, endOne) => {
      const late = (await one.takeTurn('d', 0))!;
      const next = (await other.takeTurn('d', FOR_MS))!;
      expect(await late.finish(anew('late'))).toBeUndefined();
      await late.giveUp({ isLost: true });
      expect(await one.takeTurn('d', FOR_MS)).toBeUndefined();
      await next.finish(anew('next'));
      await one.takeTurn('d', FOR_MS);
      await endOne();
      expect((await other.takeTurn('d', FOR_MS))?.link?.url).toBe('next');
    }));
}
