import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CloudName, createEmulator, type Emulator, type TenantHandle } from '../../src/emulator/emulator.ts';
import { signJwt, thumbprint } from '../support/assertions.ts';
import { makeCertificate } from '../support/certificates.ts';
import { type MicrosoftAnswer, type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';

/** The hosts of each cloud, as the Graph docs list them under "National cloud deployments". */
const HOSTS: Record<CloudName, { login: string; graph: string; personal: string }> = {
  global: {
    login: 'login.microsoftonline.com',
    graph: 'graph.microsoft.com',
    personal: 'fabrikam-my.sharepoint.com',
  },
  usgov: { login: 'login.microsoftonline.us', graph: 'graph.microsoft.us', personal: 'fabrikam-my.sharepoint.us' },
  usgovdod: {
    login: 'login.microsoftonline.us',
    graph: 'dod-graph.microsoft.us',
    personal: 'fabrikam-my.sharepoint-mil.us',
  },
  china: {
    login: 'login.chinacloudapi.cn',
    graph: 'microsoftgraph.chinacloudapi.cn',
    personal: 'fabrikam-my.sharepoint.cn',
  },
};
const CLOUDS = Object.keys(HOSTS) as CloudName[];

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

let emulator: Emulator;
const clients: MicrosoftClient[] = [];

beforeEach(async () => {
  emulator = await createEmulator();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map(client => client.close()));
  await emulator.close();
});

async function clientOf(tenant: TenantHandle): Promise<MicrosoftClient> {
  const client = await microsoftClient(emulator, { tenant });
  clients.push(client);
  return client;
}

const outcome = ({ status, json }: MicrosoftAnswer) => [status, json?.error?.code];
const codes = ({ status, json }: MicrosoftAnswer) => [status, json.error, json.error_codes?.[0]];

/** A token request by a tenant's application, wherever it is sent. */
function askToken(
  client: MicrosoftClient,
  tenant: TenantHandle,
  options: { login?: string; graph?: string; name?: string; form?: Record<string, string> } = {},
): Promise<MicrosoftAnswer> {
  const { login = tenant.hosts.login, graph = tenant.hosts.graph, name = tenant.tenantId } = options;
  const { form = { client_secret: tenant.clientSecret } } = options;
  return client.plain(`https://${login}/${name}/oauth2/v2.0/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: tenant.clientId,
      scope: `https://${graph}/.default`,
      ...form,
    }).toString(),
  });
}

describe.each(CLOUDS)('the cloud %s', cloud => {
  let tenant: TenantHandle;
  let client: MicrosoftClient;

  beforeEach(async () => {
    tenant = emulator.addTenant({ name: 'fabrikam', cloud });
    client = await clientOf(tenant);
  });

  it('has its own hosts', () => {
    expect(tenant.hosts).toMatchObject(HOSTS[cloud]);
  });

  it('gives a token, shows a drive there, and its bytes at its own content host', async () => {
    const mailbox = tenant.addMailbox({ upn: 'bob@fabrikam.example' });
    await mailbox.put('/a.txt', 'here');
    const drive = (await client.graph('/users/bob@fabrikam.example/drive')).json;
    expect(drive['@odata.context']).toContain(`https://${HOSTS[cloud].graph}/v1.0/$metadata#`);
    expect(drive.webUrl).toContain(`https://${HOSTS[cloud].personal}/personal/`);
    const { json } = await client.graph(`/drives/${drive.id}/root:/a.txt`);
    const url = json['@microsoft.graph.downloadUrl'];
    expect(new URL(url).host).toBe(HOSTS[cloud].personal);
    expect((await client.plain(url)).text).toBe('here');
  });

  it('pages with links to its own Graph', async () => {
    tenant.addMailbox({ upn: 'a@fabrikam.example' });
    tenant.addMailbox({ upn: 'b@fabrikam.example' });
    const { json } = await client.graph('/users?$top=1');
    expect(new URL(json['@odata.nextLink']).host).toBe(HOSTS[cloud].graph);
  });

  it('issues tokens for its own Graph alone: any other is AADSTS500011', async () => {
    for (const other of CLOUDS.filter(each => HOSTS[each].graph !== HOSTS[cloud].graph)) {
      const answer = await askToken(client, tenant, { graph: HOSTS[other].graph });
      expect(codes(answer)).toEqual([400, 'invalid_resource', 500011]);
    }
  });

  it('is not known to the login hosts of others: AADSTS90002', async () => {
    for (const other of CLOUDS.filter(each => HOSTS[each].login !== HOSTS[cloud].login)) {
      const answer = await askToken(client, tenant, { login: HOSTS[other].login });
      expect(codes(answer)).toEqual([400, 'invalid_request', 90002]);
    }
  });

  it('issues tokens that the Graph of no other cloud takes', async () => {
    const { access_token } = (await client.token()).json;
    for (const other of CLOUDS.filter(each => HOSTS[each].graph !== HOSTS[cloud].graph)) {
      const answer = await client.plain(`https://${HOSTS[other].graph}/v1.0/users`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
      expect(outcome(answer)).toEqual([401, 'InvalidAuthenticationToken']);
    }
  });

  it('asks for consent at its own login host', async () => {
    tenant.setApplication({ roles: [] });
    emulator.setConsent('accept');
    for (const name of [tenant.tenantId, 'common']) {
      const query = new URLSearchParams({ client_id: tenant.clientId, redirect_uri: 'http://localhost/' });
      const { headers } = await client.plain(`https://${HOSTS[cloud].login}/${name}/adminconsent?${query}`);
      expect(String(headers.location)).toContain(`tenant=${tenant.tenantId}`);
    }
  });
});

describe('China', () => {
  it('is reached by the name that MSAL posts to as well, by secret or by an assertion for either name', async () => {
    const tenant = emulator.addTenant({ name: 'fabrikam', cloud: 'china' });
    const client = await clientOf(tenant);
    const login = 'login.partner.microsoftonline.cn';
    expect((await askToken(client, tenant, { login })).status).toBe(200);
    const { certificate, key } = await makeCertificate();
    tenant.setApplication({ certificates: [certificate] });
    for (const [named, status] of [
      [login, 200],
      [tenant.hosts.login, 200],
      ['login.microsoftonline.com', 401],
    ] as const) {
      const url = `https://${named}/${tenant.tenantId}/oauth2/v2.0/token`;
      const now = Math.floor(Date.now() / 1000);
      const person = { iss: tenant.clientId, sub: tenant.clientId };
      const assertion = signJwt(
        { alg: 'RS256', 'x5t#S256': thumbprint(certificate, 'sha256') },
        { ...person, aud: url, nbf: now, exp: now + 600 },
        key,
      );
      const form = { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE };
      expect((await askToken(client, tenant, { login, form })).status).toBe(status);
    }
  });
});

describe('two tenants', () => {
  let other: TenantHandle;

  beforeEach(() => {
    other = emulator.addTenant({ name: 'fabrikam' });
  });

  it('have names, ids and secrets of their own', async () => {
    expect(other.tenantId).not.toBe(emulator.tenantId);
    expect(other.clientSecret).not.toBe(emulator.clientSecret);
    expect([emulator.name, emulator.domain, other.domain]).toEqual([
      'contoso',
      'contoso.onmicrosoft.com',
      'fabrikam.onmicrosoft.com',
    ]);
    const client = await clientOf(other);
    expect((await askToken(client, other, { name: other.domain })).status).toBe(200);
    expect(codes(await askToken(client, other, { name: emulator.domain }))).toEqual([
      400,
      'unauthorized_client',
      700016,
    ]);
  });

  it('see their own people and drives and no others', async () => {
    const ours = emulator.addMailbox({ upn: 'ada@contoso.com' });
    await ours.put('/secret.txt', 'ours');
    other.addMailbox({ upn: 'bob@fabrikam.com' });
    const group = emulator.addGroup({ displayName: 'Ours' });
    const site = emulator.addSite({ path: '/sites/ours', name: 'Ours' });
    other.setApplication({ roles: ['Files.ReadWrite.All', 'Sites.ReadWrite.All', 'Directory.Read.All'] });
    const client = await clientOf(other);
    const names = (await client.graph('/users')).json.value.map(
      (user: Record<string, string>) => user.userPrincipalName,
    );
    expect(names).toEqual(['bob@fabrikam.com']);
    expect([emulator.mailboxes, other.mailboxes]).toEqual([['ada@contoso.com'], ['bob@fabrikam.com']]);
    for (const path of [
      '/users/ada@contoso.com',
      `/groups/${group.groupId}`,
      `/drives/${ours.driveId}/root/children`,
      `/drives/${ours.driveId}`,
    ]) {
      expect((await client.graph(path)).status).toBe(404);
    }
    expect((await client.graph(`/sites/${site.siteId}`)).status).toBe(400);
    expect((await client.graph('/sites?search=*')).json.value).toEqual([]);
    expect((await client.graph('/organization')).json.value[0].displayName).toBe('Fabrikam');
  });

  it('do not copy into each other', async () => {
    const [ours, theirs] = [
      emulator.addMailbox({ upn: 'ada@contoso.com' }),
      other.addMailbox({ upn: 'bob@fabrikam.com' }),
    ];
    await theirs.put('/a.txt', 'a');
    const client = await clientOf(other);
    const { id } = (await (await clientOf(emulator)).graph(`/drives/${ours.driveId}/root`)).json;
    const answer = await client.graph(
      `/drives/${theirs.driveId}/items/${theirs.stat('/a.txt')!.id}/copy?@microsoft.graph.conflictBehavior=fail`,
      { method: 'POST', body: { name: 'b.txt', parentReference: { driveId: ours.driveId, id } } },
    );
    expect(outcome(answer)).toEqual([404, 'itemNotFound']);
  });

  it('have content hosts of their own behind the proxy, and nobody else’s', async () => {
    const client = await clientOf(other);
    expect((await client.plain('https://fabrikam-my.sharepoint.com/')).status).toBe(501);
    await expect(client.plain('https://adatum-my.sharepoint.com/')).rejects.toThrow();
  });
});
