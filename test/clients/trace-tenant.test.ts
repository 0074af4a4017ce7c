import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallRecord, createEmulator, type Emulator } from '../../src/emulator/emulator.ts';
import { callsWithJunk, checkTenant, describeCalls, type Mailboxes, seed } from './trace-tenant.ts';

function callOn(path: string, operation = 'driveItem-get'): CallRecord {
  return { operation, method: 'GET', host: 'graph.microsoft.com', path, userAgent: '', status: 200, resourceUnits: 1 };
}

describe('the tenant after a trace', () => {
  let emulator: Emulator;
  let mailboxes: Mailboxes;

  beforeAll(async () => {
    emulator = await createEmulator();
    mailboxes = {
      ada: emulator.addMailbox({ upn: 'ada@contoso.com' }),
      grace: emulator.addMailbox({ upn: 'grace@contoso.com' }),
    };
    const given = {
      '/Out/': { folder: true as const },
      '/In/a.txt': { text: 'a' },
      '/In/b.bin': { bytes: 5000, modified: '2024-05-10T08:43:02Z' },
    };
    await seed({ ada: given, grace: {} }, mailboxes);
  });
  afterAll(async () => {
    await emulator?.close();
  });

  const whole = {
    '/Out/': { folder: true as const },
    '/In/a.txt': { text: 'a' },
    '/In/b.bin': { bytes: 5000, modified: '2024-05-10T08:43:02Z' },
  };
  const check = (ada: typeof whole | object, rest: object = {}) =>
    checkTenant({ ada: ada as typeof whole, grace: {}, absent: [], ...rest }, mailboxes);

  it('is as it should be; the folders of a file go without saying', async () => {
    expect(await check(whole)).toEqual([]);
  });

  it('has too much, too little or something else', async () => {
    const { '/Out/': _, ...others } = whole;
    expect(await check(others)).toEqual(['ada: expected nothing at /Out/']);
    expect(await check({ ...whole, '/new.txt': { text: '' } })).toEqual(['ada: expected /new.txt, which is not there']);
    expect(await check({ ...whole, '/In/a.txt': { text: 'A' } })).toEqual([
      'ada: expected other content of /In/a.txt than the 1 bytes that it has',
    ]);
    expect(await check({ ...whole, '/In/b.bin': { bytes: 5000, modified: '2024-05-10T08:43:03Z' } })).toEqual([
      'ada: expected /In/b.bin modified at 2024-05-10T08:43:03Z, not 2024-05-10T08:43:02.000Z',
    ]);
  });

  it('has a name that should not be there', async () => {
    expect(await check(whole, { absent: ['A.TXT'] })).toEqual(['ada: expected no such name in the tenant: /In/a.txt']);
    await mailboxes.grace.put('/.DS_Store', 'x');
    expect(await check(whole)).toEqual([
      'grace: expected nothing at /.DS_Store',
      'grace: expected no such name in the tenant: /.DS_Store',
    ]);
  });
});

describe('Graph calls', () => {
  it.each([
    ['/v1.0/drives/b!x/items/01ABC:/._plan.txt:/content'],
    ['/v1.0/drives/b!x/root:/Projects/%2E_plan.txt'],
    ['/v1.0/drives/b!x/root:/.DS_Store:/createUploadSession'],
    ['/v1.0/drives/b!x/root:/Photos/thumbs.db'],
    ['/v1.0/drives/b!x/root:/Desktop.ini/plan.txt'],
  ])('with junk in them are found: %s', path => {
    expect(callsWithJunk([callOn('/v1.0/drives/b!x/items/01ABC'), callOn(path)])).toEqual([
      `driveItem-get: GET ${path}`,
    ]);
  });

  it('without junk are not', () => {
    const paths = ['/v1.0/drives/b!x/root:/my._plan.txt', '/v1.0/drives/b!x/items/01ABC:/a.DS_Store:/content'];
    expect(callsWithJunk(paths.map(path => callOn(path)))).toEqual([]);
  });

  it('are told by operation', () => {
    const calls = [callOn('/a', 'driveItem-update'), callOn('/b'), callOn('/c', 'driveItem-update')];
    expect(describeCalls(calls)).toBe('3 Graph calls (driveItem-get 1, driveItem-update 2)');
    expect(describeCalls([])).toBe('0 Graph calls');
  });
});
