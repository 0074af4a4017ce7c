import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { startFrontDoor } from '../support/front-door.ts';
import { basic, compose, rawRequest } from '../support/raw-http.ts';

interface Line {
  readonly msg: string;
  readonly status?: number;
  readonly ip?: string;
  readonly aborted?: boolean;
}

const requestsIn = (logged: readonly string[]): Line[] =>
  logged.map(line => JSON.parse(line) as Line).filter(({ msg }) => msg === 'request');

describe('logAccess', () => {
  it('still knows the address of a client that vanished, and claims no status that nobody was sent', async () => {
    const entered = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    const door = await startFrontDoor({
      pipeline: {
        handle: async (_request, response) => {
          response.once('close', gone.resolve);
          entered.resolve();
          await gone.promise;
        },
      },
    });
    const { hostname, port } = new URL(door.url);
    const socket = connect(Number(port), hostname).on('error', () => {});
    socket.write(compose('GET /m/x', basic(door.user, door.password)));
    await entered.promise;
    socket.resetAndDestroy();
    await gone.promise;
    await door.stop();
    const lines = requestsIn(door.logged);
    expect(lines).toEqual([expect.objectContaining({ ip: '127.0.0.1', aborted: true })]);
    expect(lines[0]).not.toHaveProperty('status');
  });

  it('stands beside the error of an answer, which does not end the process', async () => {
    const door = await startFrontDoor({
      pipeline: {
        handle: async (_request, response) => {
          response.end('x');
          response.write('after the end');
        },
      },
    });
    const { status } = await rawRequest(door.url, compose('GET /m/x', basic(door.user, door.password)));
    await door.stop();
    const lines = door.logged.map(line => JSON.parse(line) as Line & { level: string; id: string });
    expect([status, lines.map(({ level, msg }) => `${level}: ${msg}`).toSorted()]).toEqual([
      200,
      ['error: an answer failed', 'info: request'],
    ]);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(1);
  });

  it('has the status of an answer that was refused, and does not call it aborted', async () => {
    const door = await startFrontDoor();
    await rawRequest(door.url, compose('GET /%'));
    await door.stop();
    expect(requestsIn(door.logged)).toEqual([expect.objectContaining({ status: 400 })]);
    expect(requestsIn(door.logged)[0]).not.toHaveProperty('aborted');
  });
});
