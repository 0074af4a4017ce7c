import { expect, it } from 'vitest';
import { type FaultRule, scriptFaults } from '../../src/emulator/fault-rules.ts';
import type { CallRecord } from '../../src/emulator/faults.ts';

function call(method = 'GET', path = '/v1.0/users'): CallRecord {
  return {
    ...{ operation: '', method, host: 'graph.microsoft.com', path },
    ...{ userAgent: undefined, status: 0, resourceUnits: 0 },
  };
}

/** Which of so many calls of one kind meet the fault, from 1. */
function turns(rule: Omit<FaultRule, 'fault'>, calls = 8): number[] {
  const script = scriptFaults([{ fault: 'error-500', ...rule }]);
  return Array.from({ length: calls }, (_, index) => index + 1).filter(() => script('user-list', call()) !== undefined);
}

it('counts: the n-th, from the n-th, each k-th, so many at most', () => {
  expect(turns({})).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(turns({ nth: 3 })).toEqual([3]);
  expect(turns({ from: 6 })).toEqual([6, 7, 8]);
  expect(turns({ every: 3 })).toEqual([3, 6]);
  expect(turns({ count: 2 })).toEqual([1, 2]);
  expect(turns({ from: 3, every: 2, count: 2 })).toEqual([4, 6]);
});

it('chooses by probability, and the same again for the same seed', () => {
  const chosen = turns({ probability: 0.25, seed: 5 }, 4000);
  expect(chosen.length).toBeGreaterThan(850);
  expect(chosen.length).toBeLessThan(1150);
  expect(turns({ probability: 0.25, seed: 5 }, 4000)).toEqual(chosen);
  expect(turns({ probability: 0.25, seed: 6 }, 4000)).not.toEqual(chosen);
  expect([turns({ probability: 0 }), turns({ probability: 1 }).length]).toEqual([[], 8]);
});

it('matches by operation, method, kind of host and path', () => {
  const meets = (rule: Omit<FaultRule, 'fault'>, operation: string, of = call()) =>
    scriptFaults([{ fault: 'error-500', ...rule }])(operation, of) !== undefined;
  expect(meets({ operation: 'driveItem-*' }, 'driveItem-get')).toBe(true);
  expect(meets({ operation: 'driveItem-*' }, 'user-get')).toBe(false);
  expect(meets({ operation: 'driveItem-get' }, 'driveItem-get-content')).toBe(false);
  expect(meets({ method: 'put' }, 'x', call('PUT'))).toBe(true);
  expect(meets({ method: 'put' }, 'x', call('GET'))).toBe(false);
  expect(meets({ host: 'content' }, 'upload-fragment')).toBe(true);
  expect(meets({ host: 'content' }, 'driveItem-createUploadSession')).toBe(false);
  expect(meets({ host: 'login' }, 'token')).toBe(true);
  expect(meets({ path: '/v1.0/drives/b!1*' }, 'x', call('GET', '/v1.0/drives/b!1/root'))).toBe(true);
  expect(meets({ path: '/v1.0/drives/b!1*' }, 'x', call('GET', '/v1.0/drives/b!2/root'))).toBe(false);
  // A dot is a dot.
  expect(meets({ path: '/v1.0/users' }, 'x', call('GET', '/v1x0/users'))).toBe(false);
});

it('the first rule that matches wins, and all of them count', () => {
  const script = scriptFaults([
    { fault: { status: 500 }, nth: 1 },
    { fault: { status: 501 }, nth: 2 },
  ]);
  const met = [1, 2, 3].map(() => script('x', call()));
  expect(met).toEqual([{ status: 500 }, { status: 501 }, undefined]);
});

it('refuses a name that is not in the catalogue', () => {
  expect(() => scriptFaults([{ fault: 'toString' }])).toThrow(
    'There is no fault "toString"; the known ones are: error-400,',
  );
});
