import { expect, it } from 'vitest';
import { renderPretty } from '../../src/lib/pretty-log.ts';

const REQUEST = {
  ...{ level: 'info', time: '2026-11-29T14:00:00.000Z', id: 'x', method: 'MOVE', path: '/ada/a', status: 201 },
  ...{ bytesIn: 3, bytesOut: 4, ms: 5, user: 'ada', mount: 'ada', msg: 'request' },
};

it('a request is one line on a terminal, with what is special about it', () => {
  const text = renderPretty(JSON.stringify({ ...REQUEST, destination: '/ada/b' }), { colours: false });
  expect(text).toMatch(
    /^\d\d:\d\d:\d\d INFO {2}201 MOVE {5}\/ada\/a 5 ms 3\/4 B ada mount=ada destination=\/ada\/b\n$/,
  );
});

it('has colours only where they are wanted, and the stack below an error', () => {
  const line = JSON.stringify({ ...REQUEST, level: 'error', msg: 'failed', err: { stack: 'Error: a\n  at b' } });
  expect(renderPretty(line, { colours: true })).toContain('\u001b[31m');
  expect(renderPretty(line, { colours: false })).toMatch(/failed .*\nError: a\n {2}at b\n$/);
});

it('a text from outside moves no cursor', () => {
  const text = renderPretty(JSON.stringify({ ...REQUEST, path: '/\u001b[2J\r', user: 'a\nb' }), { colours: false });
  expect(text.trimEnd()).not.toMatch(/[\u001b\r\n]/);
});
