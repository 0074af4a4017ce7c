import { describe, expect, it } from 'vitest';
import { type Check, type Finding, SkippedBecause, type ThrottlingCheck } from '../../src/doctor/check.ts';
import { type CheckResult, type Plan, runChecks } from '../../src/doctor/run-checks.ts';
import { GraphError } from '../../src/graph/errors.ts';

const OK: Finding = { level: 'ok', saw: 'all is well' };
const BAD: Finding = { level: 'failure', saw: 'it is broken' };

function check(name: string, outcome: Finding | Error | (() => Promise<Finding>), rest: Partial<Check> = {}): Check {
  return {
    name,
    ...rest,
    run: async () => {
      if (outcome instanceof Error) {
        throw outcome;
      }
      return [typeof outcome === 'function' ? await outcome() : outcome];
    },
  };
}

async function run(plan: Plan, signal = new AbortController().signal) {
  const seen: CheckResult[] = [];
  await runChecks(plan, { signal, onStart: () => {}, onResult: async result => void seen.push(result) });
  return seen.map(({ check, findings, skippedBecause }) => [
    check.name,
    findings[0]!.level,
    skippedBecause?.name ?? findings[0]!.saw,
  ]);
}

describe('runChecks', () => {
  it('makes what needs a failure no more, and tells the first cause of it', async () => {
    const first = check('first', BAD);
    const second = check('second', OK, { needs: [first] });
    const third = check('third', OK, { needs: [second] });
    expect(await run([[[first, second]], [[third, check('fourth', OK)]]])).toEqual([
      ['first', 'failure', 'it is broken'],
      ['second', 'skipped', 'first'],
      ['third', 'skipped', 'first'],
      ['fourth', 'ok', 'all is well'],
    ]);
  });

  it('goes on after a warning, and after a check that had nothing to say', async () => {
    const warned = check('warned', { level: 'warning', saw: 'hm' });
    const silent = check('silent', { level: 'skipped', saw: 'not set' });
    const last = check('last', OK, { needs: [warned, silent] });
    expect((await run([[[warned, silent, last]]])).at(-1)).toEqual(['last', 'ok', 'all is well']);
  });

  it('lets a check find out that another one has told the cause', async () => {
    const told = check('told', BAD);
    expect(await run([[[told, check('late', new SkippedBecause(told))]]])).toEqual([
      ['told', 'failure', 'it is broken'],
      ['late', 'skipped', 'told'],
    ]);
  });

  it('asks nothing more while Microsoft wants silence, and lets one check say so', async () => {
    let isSilent = false;
    const throttling: ThrottlingCheck = { ...check('throttling', BAD), isSilent: () => isSilent };
    const refused = async () => {
      isSilent = true;
      throw new GraphError('answer', 'too many requests', { status: 429 });
    };
    const plan = [
      [[check('asked', refused, { throttling }), check('next', OK, { throttling }), check('local', OK)]],
      [[throttling]],
    ];
    expect(await run(plan)).toEqual([
      ['asked', 'skipped', 'throttling'],
      ['next', 'skipped', 'throttling'],
      ['local', 'ok', 'all is well'],
      ['throttling', 'failure', 'it is broken'],
    ]);
  });

  it.each([
    [new GraphError('answer', 'Graph answered 502', { status: 502 }), 'Graph answered 502'],
    [new TypeError('x is not a function'), 'the check itself failed: x is not a function'],
  ])('makes a finding of an error that nobody expected: %s', async (error, saw) => {
    expect(await run([[[check('odd', error)]]])).toEqual([['odd', 'failure', saw]]);
  });

  it('runs four lanes at once and gives the results in the order of the plan, each as soon as it can', async () => {
    const gates = Array.from({ length: 6 }, () => Promise.withResolvers<Finding>());
    let running = 0;
    let most = 0;
    const lanes = gates.map(({ promise }, index) => [
      check(`lane ${index}`, async () => {
        running += 1;
        most = Math.max(most, running);
        const finding = await promise;
        running -= 1;
        return finding;
      }),
    ]);
    const seen: string[] = [];
    const { promise: firstSeen, resolve: see } = Promise.withResolvers<void>();
    const all = runChecks([lanes], {
      signal: new AbortController().signal,
      onStart: () => {},
      onResult: async result => {
        seen.push(result.check.name);
        see();
      },
    });
    gates[1]!.resolve(OK);
    gates[0]!.resolve(OK);
    await firstSeen;
    expect(seen[0]).toBe('lane 0');
    for (const { resolve } of gates.toReversed()) {
      resolve(OK);
    }
    await all;
    expect([most, seen]).toEqual([4, gates.map((_, index) => `lane ${index}`)]);
  });

  it('stopped, it waits for what cleans up, and throws the reason', async () => {
    const controller = new AbortController();
    const { promise: started, resolve: start } = Promise.withResolvers<void>();
    let isClean = false;
    const cleaning: Check = {
      name: 'cleaning',
      run: async signal => {
        start();
        await new Promise(resolve => signal.addEventListener('abort', resolve));
        await new Promise(resolve => setImmediate(resolve));
        isClean = true;
        throw new Error('aborted');
      },
    };
    const other = check(
      'other',
      () =>
        new Promise((_, reject) => {
          controller.signal.addEventListener('abort', () => reject(new Error('at once')));
        }),
    );
    const all = run([[[cleaning], [other, check('never', OK)]]], controller.signal);
    await started;
    controller.abort(new Error('given up'));
    await expect(all).rejects.toThrow('given up');
    expect(isClean).toBe(true);
  });
});
