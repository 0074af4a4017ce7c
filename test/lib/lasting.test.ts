import { describe, expect, it } from 'vitest';
import { keepAlone, Lasting } from '../../src/lib/lasting.ts';
import { Secret } from '../../src/lib/secret.ts';

/** A part, and what has happened to it. */
function parts() {
  const ended: string[] = [];
  const make = (name: string) => () => ({ name });
  const ending = { end: ({ name }: { name: string }) => void ended.push(name) };
  return { ended, make, ending, background: { ...ending, isBackground: true } };
}

describe('parts that last', () => {
  it('are the same for the same key, whatever the order of its members, and others for another', () => {
    const lasting = new Lasting();
    const [one, two] = [lasting.hold(), lasting.hold()];
    const part = one.use('drive', [{ a: 1, b: [new Secret('x')], c: undefined }], () => ({}));
    const use = (key: unknown, kind = 'drive') => two.use(kind, [key], () => ({}));
    expect(use({ b: [new Secret('x')], a: 1 })).toBe(part);
    expect(use({ a: 1, b: [new Secret('y')] })).not.toBe(part);
    expect(use({ a: 2, b: [new Secret('x')] })).not.toBe(part);
    expect(use({ a: 1, b: [new Secret('x')] }, 'feed')).not.toBe(part);
  });

  it('count as themselves in keys, and so do other objects of classes', () => {
    const keep = new Lasting().hold();
    const [one, two] = ['one', 'two'].map(name => keep.use('part', [name], () => ({ same: true })));
    const on = (under: unknown) => keep.use('on top', [under], () => ({}));
    expect(on(one)).toBe(on(one));
    expect(on(one)).not.toBe(on(two));
    expect(on(new Map())).not.toBe(on(new Map()));
    expect(on(() => {})).not.toBe(on(() => {}));
    expect(on({ same: true })).toBe(on({ same: true }));
  });

  it('end with the last configuration that uses them, each once', async () => {
    const lasting = new Lasting();
    const { ended, make, ending } = parts();
    const [one, two] = [lasting.hold(), lasting.hold()];
    one.use('part', ['shared'], make('shared'), ending);
    one.use('part', ['own'], make('own'), ending);
    two.use('part', ['shared'], make('never'), ending);
    await one.release();
    expect(ended).toEqual(['own']);
    await one.release();
    await two.release();
    expect([ended, lasting.size]).toEqual([['own', 'shared'], 0]);
    lasting.hold().use('part', ['shared'], make('anew'), ending);
    expect(lasting.size).toBe(1);
  });

  it('end at once when they work by themselves and only the old configuration has them', async () => {
    const lasting = new Lasting();
    const { ended, make, ending, background } = parts();
    const [old, now] = [lasting.hold(), lasting.hold()];
    for (const keep of [old, now]) {
      keep.use('watch', ['both'], make('both'), background);
    }
    old.use('watch', ['old'], make('old watch'), background);
    old.use('drive', ['old'], make('old drive'), ending);
    await old.retire();
    expect(ended).toEqual(['old watch']);
    const later = lasting.hold();
    expect(later.use('watch', ['old'], make('new watch'), background)).toEqual({ name: 'new watch' });
    expect(later.use('drive', ['old'], make('new drive'), ending)).toEqual({ name: 'old drive' });
    await lasting.end();
    expect(ended.toSorted()).toEqual(['both', 'new watch', 'old drive', 'old watch']);
    await old.release();
    expect(ended.length).toBe(4);
  });

  it('that are dropped end unless somebody else uses them', async () => {
    const lasting = new Lasting();
    const { ended, make, ending } = parts();
    const [one, two] = [lasting.hold(), lasting.hold()];
    const part = one.use('drive', [], make('drive'), ending);
    two.use('drive', [], make('never'), ending);
    one.drop(part);
    expect(ended).toEqual([]);
    two.drop(part);
    expect(ended).toEqual(['drive']);
    await Promise.all([one.release(), two.release()]);
    expect(ended).toEqual(['drive']);
  });

  it('do not stay when their making fails', async () => {
    const lasting = new Lasting();
    const keep = lasting.hold();
    await expect(keep.open('part', [], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(lasting.size).toBe(0);
    expect(await keep.open('part', [], async () => ({ name: 'later' }))).toEqual({ name: 'later' });
  });

  it('all end, even when the end of one fails', async () => {
    const lasting = new Lasting();
    const { ended, make, ending } = parts();
    const keep = lasting.hold();
    keep.use('part', [1], make('first'), ending);
    const fail = () => {
      throw new Error('cannot end');
    };
    keep.use('part', [2], make('second'), { end: fail });
    keep.use('part', [3], make('third'), ending);
    await expect(keep.release()).rejects.toThrow('cannot end');
    expect(ended).toEqual(['third', 'first']);
  });

  it('change only when the configuration is taken, and without a successor at once', () => {
    const changes: string[] = [];
    const keep = new Lasting().hold();
    keep.whenTaken(() => changes.push('one'));
    expect(changes).toEqual([]);
    keep.take();
    keep.take();
    expect(changes).toEqual(['one']);
    keepAlone().whenTaken(() => changes.push('alone'));
    expect(changes).toEqual(['one', 'alone']);
  });
});
