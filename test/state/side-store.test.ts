import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SideStore } from '../../src/state/side-store.ts';
import { createSqliteSideStore } from '../../src/state/sqlite/side-store.ts';
import { bytesOf, describeSideStore, MAX_BYTES } from '../contracts/side-store.ts';
import { ENGINES, withEngine } from '../support/state-engines.ts';
import { createModelSideStore } from './model-side-store.ts';
import { fewNames, placesOf } from './names.ts';
import { withDatabase, withRestarts } from './sqlite/temp-state.ts';

for (const engine of ENGINES) {
  describeSideStore(engine);
}

it('side files survive a restart', () => {
  const file = { bytes: bytesOf('12'), created: 1, modified: 2 };
  return withRestarts(
    ({ sideFiles }) => sideFiles.put(['A', '._😀'], file.bytes, { now: 1, modified: 2 }),
    async ({ sideFiles }) => expect(await sideFiles.get(['A', '._😀'], 3)).toMatchObject(file),
  );
});

it('a store that is opened with less room than it had lets the longest unused files go at once', () =>
  withDatabase(async database => {
    const before = createSqliteSideStore(database, { maxBytes: 10 });
    await before.put(['NEW'], bytesOf('12345'), { now: 2 });
    await before.put(['OLD'], bytesOf('12345'), { now: 1 });
    const after = createSqliteSideStore(database, { maxBytes: 5 });
    expect([await after.info(['OLD']), (await after.info(['NEW']))?.size]).toEqual([undefined, 5]);
  }));

it('reads of many files are written down before anything is changed', () =>
  withDatabase(async database => {
    const [count, maxBytes] = [1_500, 1_500];
    const place = (index: number) => [`FILE ${index}`];
    const before = createSqliteSideStore(database, { maxBytes });
    for (let index = 0; index < count; index += 1) {
      await before.put(place(index), bytesOf('1'), { now: index });
    }
    for (let index = 0; index < count; index += 1) {
      await before.get(place(index), 2 * count - index);
    }
    const after = createSqliteSideStore(database, { maxBytes });
    await after.put(['ONE MORE'], bytesOf('1'), { now: 3 * count });
    expect(await after.info(place(0))).toBeDefined();
  }));

type Step = (store: SideStore, now: number) => Promise<unknown>;

/** Any one use of a store, over places of few names. */
function anyStep(names: readonly string[]): fc.Arbitrary<Step> {
  const place = fc.constantFrom(...placesOf(names, 2));
  const bytes = fc.uint8Array({ maxLength: MAX_BYTES / 2 });
  const put = fc.tuple(place, bytes, fc.option(fc.nat({ max: 99 }), { nil: undefined }));
  const pair = fc.tuple(place, place);
  return fc.oneof(
    {
      weight: 6,
      arbitrary: put.map(
        ([p, b, modified]): Step =>
          (store, now) =>
            store.put(p, b, { now, modified }),
      ),
    },
    {
      weight: 4,
      arbitrary: place.map(
        (p): Step =>
          (store, now) =>
            store.get(p, now),
      ),
    },
    {
      weight: 2,
      arbitrary: pair.map(
        ([from, to]): Step =>
          store =>
            store.move(from, to),
      ),
    },
    {
      weight: 2,
      arbitrary: pair.map(
        ([from, to]): Step =>
          (store, now) =>
            store.copy(from, to, { now }),
      ),
    },
    {
      weight: 1,
      arbitrary: place.map(
        (p): Step =>
          store =>
            store.delete(p),
      ),
    },
  );
}

/**
 * Gives each version and id the number at which it was first seen: those of two stores differ, but come and go alike.
 */
function versionCounter(): (answer: unknown) => unknown {
  const seen: string[] = [];
  const numberOf = (text: string) => (seen.includes(text) ? seen.indexOf(text) : seen.push(text) - 1);
  return answer => {
    if (typeof answer !== 'object' || answer === null || !('version' in answer && 'id' in answer)) {
      return answer;
    }
    return { ...answer, id: numberOf(answer.id as string), version: numberOf(answer.version as string) };
  };
}

it.each(ENGINES)('$name and the model answer and evict alike after any operations', async engine => {
  const run = fewNames.chain(names =>
    fc.record({
      places: fc.constant(placesOf(names, 3)),
      steps: fc.array(fc.tuple(anyStep(names), fc.nat({ max: 2 })), { minLength: 1, maxLength: 40 }),
    }),
  );
  const limits = { maxBytes: MAX_BYTES };
  const property = fc.asyncProperty(run, ({ places, steps }) =>
    withEngine(
      engine,
      async ({ sideFiles }) => {
        const model = createModelSideStore(limits);
        const [countStore, countModel] = [versionCounter(), versionCounter()];
        let now = 1;
        for (const [step, pause] of steps) {
          now += pause;
          expect(countStore(await step(sideFiles, now))).toEqual(countModel(await step(model, now)));
        }
        for (const place of places) {
          expect(countStore(await sideFiles.get(place, now))).toEqual(countModel(await model.get(place, now)));
        }
      },
      { maxSideBytes: MAX_BYTES },
    ),
  );
  // The others ask a file or a database, and the rules are the same.
  await fc.assert(property, { numRuns: engine.name === 'SQLite in memory' ? 100 : 15 });
});
