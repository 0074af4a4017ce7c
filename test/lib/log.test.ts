import { describe, expect, it } from 'vitest';
import { createLog, setLogLevel } from '../../src/lib/log.ts';
import { Secret } from '../../src/lib/secret.ts';

const URL_TEXT = 'https://contoso-my.sharepoint.com/_layouts/15/download.aspx?tempauth=c2VjcmV0';
const nested = (depth: number): unknown => (depth === 0 ? URL_TEXT : { inner: nested(depth - 1) });

function capture() {
  const lines: string[] = [];
  return { lines, log: createLog({ level: 'info', destination: { write: line => void lines.push(line) } }) };
}

describe('createLog lets no secret through', () => {
  it.each<[string, unknown]>([
    ['an error alone, which becomes the message', new Error(URL_TEXT)],
    ['an error without a message beside it', { err: new Error(URL_TEXT) }],
    ['an error elsewhere', { reason: new Error('outer', { cause: new Error(URL_TEXT) }) }],
    ['a URL object', { url: new URL(URL_TEXT) }],
    ['a text far down', nested(20)],
    ['an answer in JSON', { body: '{"access_token":"c2VjcmV0","token_type":"x"}' }],
    ['a text in an object of a class', { at: Object.assign(new (class Place {})(), { url: URL_TEXT }) }],
    ['a text in an object without a prototype', Object.assign(Object.create(null), { url: URL_TEXT })],
    [
      'a text of a getter',
      {
        at: {
          get url() {
            return URL_TEXT;
          },
        },
      },
    ],
    ['a Secret', { secret: new Secret('c2VjcmV0') }],
  ])('%s', (_what, logged) => {
    const { lines, log } = capture();
    log.info(logged as object);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('c2VjcmV0');
    expect(() => JSON.parse(lines[0]!)).not.toThrow();
  });
});

describe('createLog', () => {
  it("keeps an error's class, message, stack and cause", () => {
    const { lines, log } = capture();
    log.error({ err: new TypeError('outer', { cause: new Error('inner') }) }, 'failed');
    const { err, msg } = JSON.parse(lines[0]!);
    expect(msg).toBe('failed');
    expect(err).toMatchObject({ type: 'TypeError', message: 'outer: inner' });
    expect(err.stack).toMatch(/TypeError: outer[\s\S]*caused by: Error: inner/);
  });

  it('shares standard output with all other logs, and waits for the end of the process once', () => {
    createLog({ level: 'silent' });
    const before = process.listenerCount('exit');
    for (let made = 0; made < 20; made += 1) {
      createLog({ level: 'silent' });
    }
    expect(process.listenerCount('exit')).toBe(before);
  });

  it('survives a circle', () => {
    const { lines, log } = capture();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    log.info(circle, 'round');
    expect(JSON.parse(lines[0]!).msg).toBe('round');
  });
});

describe('setLogLevel', () => {
  it('changes a log, its children and theirs, and those that are made later', () => {
    const { lines, log } = capture();
    const child = log.child({ mount: 'ada' });
    const grandchild = child.child({ part: 'x' });
    setLogLevel(log, 'warn');
    for (const each of [log, child, grandchild, log.child({ mount: 'late' })]) {
      each.info('silent');
    }
    expect(lines).toEqual([]);
    setLogLevel(log, 'debug');
    for (const each of [log, child, grandchild]) {
      each.debug('heard');
    }
    expect(lines.length).toBe(3);
  });
});
