import { describe, expect, it } from 'vitest';
import { createLog, setLogLevel } from '../../src/lib/log.ts';

function collect() {
  const lines: string[] = [];
  return { lines, destination: { write: (line: string) => void lines.push(JSON.parse(line).msg) } };
}

describe('setLogLevel', () => {
  it('changes the logger and the children made before, at any depth, and no other logger', () => {
    const { lines, destination } = collect();
    const log = createLog({ level: 'info', destination });
    const other = createLog({ level: 'info', destination });
    const all = [log, log.child({ mount: 'a' }), log.child({ tenant: 't' }).child({ mount: 'b' }), other];
    const say = (text: string) => {
      for (const [index, each] of all.entries()) {
        each.debug(`${text} ${index}`);
      }
    };
    say('hidden');
    setLogLevel(log, 'debug');
    say('shown');
    log.child({ mount: 'c' }).debug('shown by a later child');
    setLogLevel(log, 'info');
    say('hidden again');
    expect(lines).toEqual(['shown 0', 'shown 1', 'shown 2', 'shown by a later child']);
  });
});
