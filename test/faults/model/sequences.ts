import fc from 'fast-check';
import type { Command, Condition, FaultChoice, Sequence } from './command.ts';
import { FAULT_NAMES } from './faults.ts';
import { FILE_NAMES, FOLDER_NAMES } from './names.ts';

/** The entries that may exist at the beginning; folders come before their members. */
const SEEDS = ['ada/d/', 'ada/d/e/', 'ada/a', 'ada/d/b', 'ada/d/e/é', 'grace/D/', 'grace/a', 'grace/D/x y'];
const CLIENTS = 3;
/** Whole seconds, as OneDrive keeps them. */
const TIMES = [1_000_000_000, 1_700_000_001];

const mount = fc.constantFrom('ada', 'ada', 'grace');
const file = fc.constantFrom('a', 'b', ...FILE_NAMES);
const folder = fc.constantFrom('d', ...FOLDER_NAMES);
const either = fc.oneof({ weight: 2, arbitrary: file }, { weight: 1, arbitrary: folder });
const path = fc
  .oneof(
    // The entries that may exist from the beginning, so that requests meet something.
    { weight: 4, arbitrary: fc.constantFrom(['ada/a'], ['ada/d'], ['ada/d/b'], ['grace/a']) },
    { weight: 5, arbitrary: fc.tuple(mount, either) },
    { weight: 4, arbitrary: fc.tuple(mount, folder, either) },
    { weight: 1, arbitrary: fc.tuple(mount, folder, folder, file) },
  )
  .map(names => names.join('/'));
const content = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('one', 'two, which is longer', '') },
  { weight: 1, arbitrary: fc.constant('large') },
);
const client = fc.nat(CLIENTS - 1);
const tokens = fc.constantFrom('own', 'own', 'none', 'others');
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 });
const condition = (...conditions: readonly Condition[]) => optional(fc.constantFrom(...conditions));
const method = <const T extends string>(...names: readonly T[]) => fc.constantFrom(...names);

const read = fc.oneof(
  fc.record({
    ...{ method: method('GET'), client, at: path, range: optional(fc.constantFrom('0-2', '1-1', '2-900', '100-200')) },
    condition: condition('If-Match: current', 'If-Match: "other"', 'If-None-Match: current'),
  }),
  fc.record({ method: method('HEAD', 'OPTIONS'), client, at: path }),
  fc.record({ method: method('PROPFIND'), client, at: fc.oneof(path, mount), depth: fc.constantFrom(0, 1) }),
);
const put = fc.record({
  ...{ method: method('PUT'), client, at: path, content, tokens, mtime: optional(fc.constantFrom(...TIMES)) },
  condition: condition('If-Match: current', 'If-Match: "other"', 'If-None-Match: *', 'If-None-Match: *'),
});
const transfer = fc.record({
  ...{ method: method('COPY', 'MOVE'), client, at: path, to: path, overwrite: fc.constantFrom(true, true, false) },
  ...{ tokens, depth: fc.constantFrom('infinity', 'infinity', '0') },
});
const other = fc.oneof(
  fc.record({ method: method('MKCOL'), client, at: path, tokens }),
  fc.record({
    ...{ method: method('DELETE'), client, at: path, tokens },
    condition: condition('If-Match: current', 'If-Match: "other"'),
  }),
  fc.record({
    ...{ method: method('PROPPATCH'), client, at: path, tokens },
    change: fc.constantFrom(
      { set: 'v' },
      { set: 'w' },
      { set: 'w' },
      { remove: true },
      ...TIMES.map(mtime => ({ mtime })),
    ),
  }),
);
const lock = fc.oneof(
  fc.record({
    ...{ method: method('LOCK'), client, at: path },
    ...{ scope: fc.constantFrom('exclusive', 'shared'), depth: fc.constantFrom('0', 'infinity') },
  }),
  fc.record({ method: method('REFRESH', 'UNLOCK'), client, at: path, whose: fc.constantFrom('own', 'own', 'others') }),
);
const elsewhere = fc.record({
  ...{ method: method('ELSEWHERE'), change: fc.constantFrom('edit', 'mkdir', 'remove', 'move'), at: path, to: path },
  ...{ content, waits: fc.boolean() },
});
const request = fc.oneof(
  { weight: 4, arbitrary: read },
  { weight: 4, arbitrary: put },
  { weight: 4, arbitrary: transfer },
  { weight: 4, arbitrary: other },
  { weight: 2, arbitrary: lock },
);

const fault: fc.Arbitrary<FaultChoice> = fc.record({
  name: fc.constantFrom(...FAULT_NAMES),
  call: fc.nat(4),
  times: fc.constantFrom(1, 1, 2, 1_000),
});

/** A request; the die decides whether its fault happens, by the rate of the sequence. */
const command = fc.oneof(
  { weight: 9, arbitrary: fc.record({ request, fault, die: fc.integer({ min: 1, max: 100 }) }) },
  { weight: 1, arbitrary: elsewhere },
);

/** Of 100 requests so many meet a fault. */
const RATES = [0, 10, 50];

/** Random sequences; they shrink to fewer commands at simpler places with fewer faults. */
export const sequences: fc.Arbitrary<Sequence> = fc
  .record({
    seed: fc.subarray(SEEDS, { minLength: 0 }),
    rate: fc.constantFrom(...RATES),
    commands: fc.array(command, { minLength: 1, maxLength: 25, size: 'max' }),
  })
  .map(({ seed, rate, commands }) => ({
    seed,
    commands: commands.map(each => {
      if (!('request' in each)) {
        return each as Command;
      }
      return { ...each.request, ...(100 - each.die < rate ? { fault: each.fault } : {}) } as Command;
    }),
  }));
