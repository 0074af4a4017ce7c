import { describe, expect, it } from 'vitest';
import type { CallGraph } from '../../src/graph/client.ts';
import { GraphError } from '../../src/graph/errors.ts';
import { listGroupUsers } from '../../src/graph/groups.ts';
import { whyNoDrive } from '../../src/graph/missing-drive.ts';
import { probeDrives } from '../../src/graph/probe-drives.ts';
import { getUser, listUsers } from '../../src/graph/users.ts';

const live = () => ({ signal: new AbortController().signal });

interface Script {
  readonly call: CallGraph;
  readonly paths: string[];
}

/** A Graph that answers with what `answer` returns, and throws what it throws. */
function scripted(answer: (path: string, count: number) => unknown): Script {
  const paths: string[] = [];
  const call: CallGraph = async ({ path }) => {
    paths.push(path);
    return { status: 200, headers: new Headers(), json: answer(path, paths.length) };
  };
  return { call, paths };
}

const wireUser = (id: string) => ({ id, userPrincipalName: `${id}@contoso.com`, displayName: id.toUpperCase() });
const refusal = (status: number, code: string, message = 'no') =>
  new GraphError('answer', message, { status, codes: [code.toLowerCase()] });

describe('listUsers', () => {
  it('follows nextLinks to the letter, tells how far it is, and gives each user once', async () => {
    const next = "https://graph.microsoft.com/v1.0/users?$top=999&$skiptoken=RFN%2bw=d'AQ&odd=%41";
    const { call, paths } = scripted((_, count) =>
      count === 1
        ? { value: [wireUser('a'), wireUser('b')], '@odata.nextLink': next }
        : { value: [wireUser('b'), wireUser('c')] },
    );
    const counts: number[] = [];
    const users = await listUsers(call, { ...live(), onPage: count => counts.push(count) });
    expect(users.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(counts).toEqual([2, 3]);
    expect(paths).toEqual([
      '/users?$select=id,displayName,userPrincipalName,mail,accountEnabled,assignedPlans&$top=999',
      next,
    ]);
  });

  it('takes what Graph leaves out or nulls as not known', async () => {
    const { call } = scripted(() => ({
      value: [{ id: 'x', userPrincipalName: 'x@contoso.com', displayName: null, mail: null }],
    }));
    expect(await listUsers(call, live())).toEqual([
      {
        id: 'x',
        userPrincipalName: 'x@contoso.com',
        displayName: '',
        mail: undefined,
        isEnabled: undefined,
        isLicensed: undefined,
      },
    ]);
  });

  it('leaves out users without a name, as long as anybody has one', async () => {
    const { call } = scripted(() => ({ value: [{ id: 'x' }, wireUser('a'), { id: 'y', userPrincipalName: null }] }));
    expect((await listUsers(call, live())).map(({ id }) => id)).toEqual(['a']);
  });

  it.each([undefined, {}, { value: 'x' }, { value: [{}] }, { value: [null] }, { value: [{ id: 'x' }] }])(
    'takes %j for no list',
    async json => {
      await expect(listUsers(scripted(() => json).call, live())).rejects.toMatchObject({ kind: 'protocol' });
    },
  );

  it('is an error when a later page fails, and never a part of the list', async () => {
    const { call } = scripted((_, count) => {
      if (count === 2) {
        throw refusal(503, 'serviceNotAvailable');
      }
      return { value: [wireUser('a')], '@odata.nextLink': 'https://graph.microsoft.com/v1.0/users?x' };
    });
    await expect(listUsers(call, live())).rejects.toMatchObject({ status: 503 });
  });

  it('gives up on a list that does not end', async () => {
    const { call, paths } = scripted(() => ({
      value: [],
      '@odata.nextLink': 'https://graph.microsoft.com/v1.0/users',
    }));
    await expect(listUsers(call, live())).rejects.toThrow('500 pages of users without an end');
    expect(paths).toHaveLength(500);
  });

  it.each(['Authorization_RequestDenied', 'AccessDenied'])('says what to do about %s', async code => {
    const { call } = scripted(() => {
      throw refusal(403, code);
    });
    await expect(listUsers(call, live())).rejects.toMatchObject({
      message: expect.stringMatching(/User\.Read\.All.*mounts by hand/),
      status: 403,
      codes: [code.toLowerCase()],
    });
  });
});

describe('getUser', () => {
  const get = (answer: () => unknown) => getUser(scripted(answer).call, 'a#b', live().signal);
  const failing = (error: GraphError) =>
    get(() => {
      throw error;
    });

  it('asks for one by id', async () => {
    const { call, paths } = scripted(() => wireUser('a'));
    expect(await getUser(call, 'a#b', live().signal)).toMatchObject({ id: 'a', userPrincipalName: 'a@contoso.com' });
    expect(paths).toEqual(['/users/a%23b?$select=id,displayName,userPrincipalName,mail,accountEnabled,assignedPlans']);
  });

  it('takes only the word of the directory for it that there is nobody', async () => {
    expect(await failing(refusal(404, 'Request_ResourceNotFound'))).toBeUndefined();
    for (const error of [refusal(404, 'itemNotFound'), refusal(400, 'Request_ResourceNotFound'), refusal(503, 'x')]) {
      await expect(failing(error)).rejects.toBe(error);
    }
    await expect(failing(refusal(403, 'Authorization_RequestDenied'))).rejects.toThrow(/User\.Read\.All/);
    await expect(get(() => ({}))).rejects.toMatchObject({ kind: 'protocol' });
  });
});

describe('listGroupUsers', () => {
  const member = (id: string) => ({ '@odata.type': '#microsoft.graph.user', ...wireUser(id) });
  const list = (answer: (path: string, count: number) => unknown) =>
    listGroupUsers(scripted(answer).call, 'g', live().signal);
  const failing = (error: GraphError) =>
    list(() => {
      throw error;
    });

  it('gives the users of all pages, each once, and nothing else', async () => {
    const users = await list((path, count) =>
      count === 1
        ? {
            value: [member('a'), { '@odata.type': '#microsoft.graph.group', id: 'g2' }, null],
            '@odata.nextLink': 'next',
          }
        : { value: path === 'next' ? [member('a'), member('b')] : [] },
    );
    expect(users.map(({ id }) => id)).toEqual(['a', 'b']);
  });

  it('leaves out users without a name, as long as anybody has one', async () => {
    const users = await list(() => ({ value: [{ ...member('x'), userPrincipalName: null }, member('a')] }));
    expect(users.map(({ id }) => id)).toEqual(['a']);
  });

  it('says which permission is missing, or that there is no such group', async () => {
    await expect(failing(refusal(403, 'Authorization_RequestDenied'))).rejects.toMatchObject({
      message: expect.stringMatching(/GroupMember\.Read\.All/),
      status: 403,
    });
    await expect(list(() => ({ value: [{ '@odata.type': '#microsoft.graph.user', id: 'a' }] }))).rejects.toThrow(
      /without their names.*User\.Read\.All/,
    );
    await expect(failing(refusal(404, 'Request_ResourceNotFound'))).rejects.toThrow('there is no group g');
    const busy = refusal(503, 'serviceNotAvailable');
    await expect(failing(busy)).rejects.toBe(busy);
  });

  it('is an error when a later page fails', async () => {
    const answer = list((_, count) => {
      if (count === 2) {
        throw refusal(503, 'busy');
      }
      return { value: [member('a')], '@odata.nextLink': 'next' };
    });
    await expect(answer).rejects.toMatchObject({ status: 503 });
  });
});

describe('whyNoDrive', () => {
  it.each([
    ['no-user', refusal(404, 'Request_ResourceNotFound')],
    ['never-provisioned', refusal(404, 'ResourceNotFound', "User's mysite not found.")],
    ['never-provisioned', refusal(404, 'ResourceNotFound', 'another text')],
    ['no-site-address', refusal(400, 'BadRequest', "Unable to retrieve user's mysite URL.")],
    ['no-site-address', refusal(400, 'UnknownError', "unable to retrieve user's mysite url")],
    ['site-not-found', refusal(404, 'UnknownError', '404 FILE NOT FOUND')],
    ['site-not-found', refusal(404, 'itemNotFound', '404 File Not Found')],
    ['no-licence', refusal(400, 'BadRequest', 'Tenant does not have a SPO license.')],
    ['locked', refusal(423, 'notAllowed')],
    ['locked', refusal(403, 'resourceLocked')],
    ['no-consent', refusal(403, 'AccessDenied', 'Either scp or roles claim need to be present in the token.')],
    ['no-permission', refusal(403, 'accessDenied')],
    [undefined, refusal(404, 'itemNotFound')],
    [undefined, refusal(400, 'BadRequest')],
    [undefined, refusal(500, 'generalException')],
  ] as const)('finds %s', (why, error) => {
    expect(whyNoDrive(error)).toBe(why);
  });
});

describe('probeDrives', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, index) => `u${index}`);
  const failing = (error: unknown, at: number) =>
    scripted((path, count) => {
      if (count === at) {
        throw error;
      }
      return { id: `drive of ${path}` };
    });

  it('asks for each user once, four at once at most', async () => {
    let [active, most] = [0, 0];
    const { call, paths } = scripted(() => ({ id: 'x' }));
    const watched: CallGraph = async request => {
      active += 1;
      most = Math.max(most, active);
      await new Promise(resolve => setImmediate(resolve));
      active -= 1;
      return call(request);
    };
    const { byUserId, stopped } = await probeDrives(watched, ids(30), live());
    expect([byUserId.size, new Set(paths).size, paths.length, most, stopped]).toEqual([30, 30, 30, 4, undefined]);
  });

  it.each([
    ['a throttled answer', refusal(429, 'activityLimitReached')],
    ['a service that is busy', refusal(503, 'serviceNotAvailable')],
    ['the fence', new GraphError('throttled', 'silence')],
    ['a network that is gone', new GraphError('network', 'gone')],
    ['a secret that has expired', new GraphError('credential', 'expired')],
  ])('stops at %s and leaves the rest alone', async (_, error) => {
    const { call, paths } = failing(error, 6);
    const { byUserId, stopped } = await probeDrives(call, ids(100), live());
    expect(stopped).toBe(error);
    expect(paths.length).toBeLessThan(10);
    expect(byUserId.size).toBe(paths.length - 1);
  });

  it.each([
    ['an answer that is about one user', refusal(500, 'generalException', 'a bug'), 'failed'],
    ['an answer that makes no sense', new GraphError('protocol', 'nonsense'), 'failed'],
    ['a drive that is not there', refusal(404, 'ResourceNotFound'), 'never-provisioned'],
  ])('goes on after %s', async (_, error, state) => {
    const { call } = failing(error, 2);
    const { byUserId, stopped } = await probeDrives(call, ids(10), live());
    expect([stopped, byUserId.size, byUserId.get('u1')?.state]).toEqual([undefined, 10, state]);
  });

  it("passes on an answer that is not Graph's", async () => {
    await expect(probeDrives(failing(new TypeError('bug'), 1).call, ids(3), live())).rejects.toThrow('bug');
    const aborted = new GraphError('aborted', 'given up');
    await expect(probeDrives(failing(aborted, 1).call, ids(3), live())).rejects.toBe(aborted);
  });
});
