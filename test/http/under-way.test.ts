import { expect, it } from 'vitest';
import { RequestsUnderWay, type RequestUnderWay } from '../../src/http/under-way.ts';

const requestOf = (id: string, since: number): RequestUnderWay => ({
  ...{ id, since, method: 'GET', path: '/a', address: '127.0.0.1', userAgent: undefined, user: undefined },
  bytes: () => ({ read: 0, written: 0 }),
});

it('knows the requests that have not ended, in the order in which they began, whichever ends first', () => {
  for (const order of [
    ['a', 'b', 'c'],
    ['c', 'b', 'a'],
    ['b', 'a', 'c'],
    ['b', 'c', 'a'],
  ]) {
    const underWay = new RequestsUnderWay();
    const leave = new Map(['a', 'b', 'c'].map((id, at) => [id, underWay.add(requestOf(id, at))]));
    const left = new Set(['a', 'b', 'c']);
    for (const id of order) {
      leave.get(id)!();
      left.delete(id);
      expect(underWay.all().map(request => request.id)).toEqual([...left]);
    }
  }
});
