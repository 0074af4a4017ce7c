import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { openSetupBench, type SetupBench, UNCONSENTED } from '../support/setup-bench.ts';

/** Between looks at new tokens, after consent. */
const RETRY = 3_000;

let bench: SetupBench;

beforeEach(async () => {
  bench = await openSetupBench();
  bench.emulator.setApplication(UNCONSENTED);
});
afterEach(() => bench[Symbol.asyncDispose]());

const options = async () => ({ ...(await bench.known()), all: true });
/** Waits as long as others in no time, but for the wait for a browser. */
function hastyClock(): Clock {
  let passed = 0;
  return {
    now: () => Date.now() + passed,
    sleep: async (milliseconds, signal) => {
      if (milliseconds !== RETRY) {
        return systemClock.sleep(milliseconds, signal);
      }
      passed += milliseconds;
    },
  };
}

const told = () => bench.told.join('\n');

describe('consent', () => {
  it('tells what to tick, where to go and what to register', async () => {
    let url = new URL('about:blank');
    const browse = (text: string) => {
      url = new URL(text);
      return bench.accept(text);
    };
    await bench.run({ options: await options(), browse });
    const { tenantId, clientId } = bench.emulator;
    expect(url.origin + url.pathname).toBe(`https://login.microsoftonline.com/${tenantId}/v2.0/adminconsent`);
    expect(url.searchParams.get('client_id')).toBe(clientId);
    expect(url.searchParams.get('scope')).toBe('https://graph.microsoft.com/.default');
    expect(url.searchParams.get('state')).toMatch(/^[\w-]{32}$/);
    const redirectUri = url.searchParams.get('redirect_uri')!;
    expect(redirectUri).toMatch(/^http:\/\/localhost:\d+\/consent$/);
    expect(told()).toContain(
      `https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/CallAnAPI/appId/${clientId}/`,
    );
    expect(told()).toMatch(
      /\[x\] Files\.ReadWrite\.All {3}\S[\s\S]*\[x\] User\.Read\.All[\s\S]*\[ \] GroupMember\.Read\.All/,
    );
    expect(told()).toContain(url.href);
    expect(told()).toMatch(new RegExp(`comes back to ${RegExp.escape(redirectUri)}\\n.*AADSTS50011`));
    expect(told()).toContain('Consent was granted.');
  });

  it('to too little is told, with what is missing', async () => {
    bench.emulator.setApplication({ requiredRoles: ['User.Read.All'] });
    const { message } = await bench.failure({ options: await options(), browse: bench.accept, clock: hastyClock() });
    expect(message).toMatch(/has only User\.Read\.All, which is too little/);
    expect(message).toMatch(/\[x\] Files\.ReadWrite\.All/);
  });

  it('is not asked for with --skip-consent: where it is missing that is the end', async () => {
    const { message } = await bench.failure({ options: { ...(await options()), skipConsent: true } });
    expect(message).toMatch(/has no permission at all/);
    expect(bench.emulator.calls.map(({ operation }) => operation)).not.toContain('adminconsent');
  });

  it('is not asked for where new tokens have the roles already, and what they mean is told', async () => {
    bench.emulator.setApplication({ roles: ['Files.ReadWrite.All', 'User.Read.All', 'Directory.Read.All'] });
    await bench.run({ options: await options() });
    expect(told()).not.toContain('adminconsent');
    expect(told()).toMatch(/can read and change every file of every OneDrive/);
    expect(told()).toMatch(/It needs less: remove Directory\.Read\.All/);
  });

  it('for one site after another is told as what it is', async () => {
    bench.emulator.setApplication({ roles: ['Sites.Selected'] });
    const drawings = bench.emulator.addMailbox({ upn: 'drawings@contoso.com' });
    drawings.grant('write');
    const mount = ['drawings@contoso.com', 'ada@contoso.com'];
    await bench.run({ options: { ...(await bench.known()), mount } });
    expect(told()).toMatch(/can open only the sites that were granted to it one by one/);
    expect(told()).toMatch(/Queried 2 OneDrives: 1 can be opened\.\n {2}ada@contoso\.com: access denied/);
  });

  it('may be to reading only', async () => {
    bench.emulator.setApplication({ roles: ['Files.Read.All', 'User.Read.All'] });
    const refused = await bench.failure({ options: { ...(await options()), skipConsent: true } });
    expect(refused.message).toMatch(/too little unless you give --read-only/);
    await bench.run({ options: { ...(await options()), readOnly: true } });
    expect(told()).toMatch(/can read every file .* but change none/);
    expect(await bench.config()).toMatchObject({ mounts: [{ readOnly: true }], users: [{ access: 'read' }] });
  });

  it('has its answers with another state told of once, however many come', async () => {
    const browse = async (url: string) => {
      const redirectUri = new URL(url).searchParams.get('redirect_uri');
      for (const state of ['a', 'b', 'c']) {
        expect((await fetch(`${redirectUri}?admin_consent=True&state=${state}`)).status).toBe(400);
      }
      return bench.accept(url);
    };
    await bench.run({ options: await options(), browse });
    expect(bench.told.filter(text => text.includes('different state'))).toHaveLength(1);
  });

  it('in another cloud has its hosts and links', async () => {
    const tenant = bench.emulator.addTenant({ name: 'agency', cloud: 'usgov' });
    tenant.addMailbox({ upn: 'ada@agency.us' });
    tenant.setApplication(UNCONSENTED);
    let url = new URL('about:blank');
    const browse = (text: string) => {
      url = new URL(text);
      return bench.accept(text);
    };
    const { tenantId, clientId, clientSecret } = tenant;
    const own = { cloud: 'usgov', tenant: tenantId, clientId, clientSecretEnv: 'S', mount: ['ada@agency.us'] } as const;
    await bench.run({ options: own, env: { S: clientSecret }, browse });
    expect([url.host, url.searchParams.get('scope')]).toEqual([
      'login.microsoftonline.us',
      'https://graph.microsoft.us/.default',
    ]);
    expect(told()).toMatch(/https:\/\/entra\.microsoft\.us\/#view\/\S+CallAnAPI/);
    expect((await bench.config()).tenant.cloud).toBe('usgov');
  });

  it('in China is given at the host that Microsoft documents, and noticed there', async () => {
    const tenant = bench.emulator.addTenant({ name: 'shanghai', cloud: 'china' });
    tenant.addMailbox({ upn: 'ada@shanghai.cn' });
    tenant.setApplication(UNCONSENTED);
    let host = '';
    const browse = (text: string) => {
      ({ host } = new URL(text));
      return bench.accept(text);
    };
    const { tenantId, clientId, clientSecret } = tenant;
    const own = {
      cloud: 'china',
      tenant: tenantId,
      clientId,
      clientSecretEnv: 'S',
      mount: ['ada@shanghai.cn'],
    } as const;
    await bench.run({ options: own, env: { S: clientSecret }, browse });
    expect(host).toBe('login.partner.microsoftonline.cn');
  });
});
