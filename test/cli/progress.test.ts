import { expect, it } from 'vitest';
import { createProgress } from '../../src/cli/progress.ts';

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, written, write: (text: string) => written.push(text) };
}

it('a progress line is written over in place and taken away at the end, once', () => {
  const terminal = stream(true);
  const progress = createProgress(terminal);
  progress.clear();
  progress.show('999 users');
  progress.show('3 of 9');
  progress.clear();
  progress.clear();
  expect(terminal.written).toEqual(['\r\u001b[K999 users', '\r\u001b[K3 of 9', '\r\u001b[K']);
});

it('a progress line is not there where nobody watches', () => {
  const pipe = stream(false);
  const progress = createProgress(pipe);
  progress.show('999 users');
  progress.clear();
  expect(pipe.written).toEqual([]);
});
