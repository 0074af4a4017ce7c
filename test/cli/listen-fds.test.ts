import { describe, expect, it } from 'vitest';
import { takeListenFd } from '../../src/cli/listen-fds.ts';

describe('takeListenFd', () => {
  it('takes the first descriptor after the standard ones, and leaves nothing for children', () => {
    const env: NodeJS.ProcessEnv = { LISTEN_PID: '7', LISTEN_FDS: '1', LISTEN_FDNAMES: 'x.socket', HOME: '/' };
    expect(takeListenFd(env, 7)).toBe(3);
    expect(env).toEqual({ HOME: '/' });
  });

  it('leaves what is for another process, as sd_listen_fds(3) requires', () => {
    expect(takeListenFd({ LISTEN_PID: '8', LISTEN_FDS: '1' }, 7)).toBeUndefined();
    expect(takeListenFd({ LISTEN_FDS: '1' }, 7)).toBeUndefined();
    expect(takeListenFd({}, 7)).toBeUndefined();
    expect(takeListenFd({ LISTEN_PID: '7', LISTEN_FDS: '0' }, 7)).toBeUndefined();
  });

  it('names several sockets, of which it could serve only one', () => {
    const env = { LISTEN_PID: '7', LISTEN_FDS: '2', LISTEN_FDNAMES: 'a:b' };
    expect(() => takeListenFd(env, 7)).toThrow(/passes 2 sockets \(a:b\), and this server takes one/);
  });
});
