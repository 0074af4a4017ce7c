import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLAIM_STATEMENTS } from '../../src/state/postgres/lock-statements.ts';
import { type ClusterProcess, type ProcessCluster, startProcessCluster } from '../support/cluster-processes.ts';
import { eventually } from '../support/eventually.ts';
import { describeWith } from '../support/foreign-client.ts';
import { lockInfo, takeLock, tokenIn, unlock } from '../support/locks.ts';
import { openPut } from '../support/open-put.ts';
import { PASSWORD } from '../support/passwords.ts';
import { POSTGRES } from '../support/postgres.ts';

const MIB = 1024 ** 2;

/** Two servers, and a file for the present test. */
interface Bench {
  readonly cluster: ProcessCluster;
  readonly a: ClusterProcess;
  readonly b: ClusterProcess;
  /** Of the file, whose text is `old`. */
  readonly path: string;
  /** The text of the file. */
  stored(): Promise<string>;
  /** What a client of b does meanwhile: it gets the lock when the claim of a counts no more, and writes. */
  lockAndPut(): Promise<string>;
}

/** Starts servers for the tests of a suite. */
function useServers(): Bench {
  let cluster: ProcessCluster;
  let turn = 0;
  const path = () => `/ada/${turn}.txt`;
  const [a, b] = [() => cluster.servers[0]!, () => cluster.servers[1]!];

  beforeAll(async () => {
    cluster = await startProcessCluster({ servers: 2, users: ['tester', 'bob'] });
    for (const server of cluster.servers) {
      expect(await server.dav()('PROPFIND', '/ada/', { Depth: '1' })).toMatchObject({ status: 207 });
    }
  });
  afterAll(async () => {
    await cluster?.[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    turn += 1;
    expect(await b().dav()('PUT', path(), {}, 'old')).toMatchObject({ status: 201 });
  });

  return {
    get cluster() {
      return cluster;
    },
    get a() {
      return a();
    },
    get b() {
      return b();
    },
    get path() {
      return path();
    },
    stored: async () => (await cluster.ada.read(path().slice('/ada'.length))).toString(),
    lockAndPut: async () => {
      const answer = await b().dav('bob')('LOCK', path(), {}, lockInfo());
      expect(answer.status).toBe(200);
      const token = tokenIn(answer);
      expect(await b().dav('bob')('PUT', path(), { If: `(<${token}>)` }, 'under the lock')).toMatchObject({
        status: 204,
      });
      return token;
    },
  };
}

/** The texts on the line with which a change is claimed: within the step, and at its end. */
const CLAIM = CLAIM_STATEMENTS.insert.name;
const MOMENTS: [moment: string, texts: string[]][] = [
  ['in the middle of the step that claims a change', [CLAIM_STATEMENTS.living.name]],
  ['when a change is claimed, before it is sent', [CLAIM, 'COMMIT']],
];

/** Of the tests of a suite, which share its servers. */
const IN_TURN = { concurrent: false };

// Most of the tests wait for a lease to end, so the suites wait side by side. Each has a database of its own: its
// servers wait for each one that is silent, and would wait for that of another test.
describeWith(POSTGRES, 'a server that fails beside another', () => {
  describe.concurrent('cut off from the database', () => {
    const bench = useServers();

    it.each(MOMENTS)(
      'cut off from the database %s, it writes nothing once others have the lock',
      IN_TURN,
      async (_, texts) => {
        const { a, b, path, stored, lockAndPut } = bench;
        const held = a.line.holdAnswerTo(...texts);
        const late = a.dav()('PUT', path, {}, 'too late');
        await held;
        const token = await lockAndPut();
        a.line.mend();
        expect((await late).status).toBe(503);
        expect(await stored()).toBe('under the lock');
        // It is a server again, and keeps to the lock.
        await eventually(async () => expect((await a.dav()('PUT', path, {}, 'again')).status).toBe(423));
        expect(await unlock(b.dav('bob'), path, token)).toMatchObject({ status: 204 });
        expect((await a.dav()('PUT', path, {}, 'at last')).status).toBe(204);
        expect(await stored()).toBe('at last');
      },
    );
  });

  describe.concurrent('stopped', () => {
    const bench = useServers();

    it.each(MOMENTS)('stopped %s, it writes nothing when it goes on', IN_TURN, async (_, texts) => {
      const { a, path, stored, lockAndPut } = bench;
      const held = a.line.holdAnswerTo(...texts);
      const late = a.dav()('PUT', path, {}, 'too late');
      await held;
      a.pause();
      // What it waited for is there when it wakes up.
      a.line.mend();
      await lockAndPut();
      a.resume();
      expect([503, 423]).toContain((await late).status);
      expect(await stored()).toBe('under the lock');
    });
  });

  describe.concurrent('killed, or without its database', () => {
    const bench = useServers();

    it('killed with a change under way, it keeps nobody waiting for long', IN_TURN, async () => {
      const { cluster, a, path, lockAndPut } = bench;
      const { promise: never, resolve: release } = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      cluster.emulator.setFault(operation => {
        if (operation !== 'driveItem-delete') {
          return undefined;
        }
        reached.resolve();
        return { delayUntil: never };
      });
      const torn = a
        .dav()('DELETE', path)
        .catch(() => 'torn');
      await reached.promise;
      await a.kill();
      expect(await torn).toBe('torn');
      await lockAndPut();
      cluster.emulator.setFault(undefined);
      release();
      await a.start();
      expect((await a.dav()('PUT', path, {}, 'x')).status).toBe(423);
    });

    it('killed with a large upload under way, it leaves nothing at Microsoft', IN_TURN, async () => {
      const { cluster, a, path, stored } = bench;
      const server = { url: a.url!, user: 'tester', password: PASSWORD };
      const { put, status } = await openPut(server, path, { 'Content-Length': String(12 * MIB) });
      cluster.emulator.resetCalls();
      put.write(Buffer.alloc(10 * MIB));
      // Bytes are sent only to a session that is written down (docs/decisions/0012).
      await eventually(() =>
        expect(cluster.emulator.calls.some(({ operation }) => operation === 'upload-fragment')).toBe(true),
      );
      status.catch(() => {});
      await a.kill();
      await eventually(async () => expect(await cluster.state.alive()).toBe(1));
      await a.start();
      await eventually(() => expect(cluster.emulator.openUploadSessions()).toBe(0));
      expect(await stored()).toBe('old');
    });

    it('without the database it reads on and changes nothing, and comes back by itself', IN_TURN, async () => {
      const { a, b, path, stored } = bench;
      await takeLock(b.dav('bob'), path);
      expect(await a.dav()('GET', path)).toMatchObject({ status: 200, text: 'old' });
      a.line.cut();
      for (const [method, headers] of [
        ['PUT', {}],
        ['LOCK', {}],
        ['DELETE', {}],
        ['MOVE', { Destination: `${path}-moved` }],
      ] as const) {
        const answer = await a.dav()(method, path, headers, method === 'LOCK' ? lockInfo() : undefined);
        expect([method, answer.status, Number(answer.headers.get('Retry-After')) > 0]).toEqual([method, 503, true]);
      }
      expect(await a.dav()('GET', path)).toMatchObject({ status: 200, text: 'old' });
      // The other one is not concerned.
      expect(await b.dav()('PUT', path, {}, 'new')).toMatchObject({ status: 423 });
      a.line.mend();
      await eventually(async () => expect((await a.dav()('PUT', path, {}, 'new')).status).toBe(423));
      expect(await stored()).toBe('old');
    });
  });
});
