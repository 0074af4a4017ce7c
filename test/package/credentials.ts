import { createPublicKey } from 'node:crypto';
import { chown, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { federatedClaims, signJwt } from '../support/assertions.ts';
import { makeCertificate } from '../support/certificates.ts';
import { microsoftClient } from '../support/microsoft-client.ts';
import { expectEqual } from './expect.ts';
import type { Ended } from './sandbox.ts';

export interface CredentialChecks {
  readonly emulator: Emulator;
  /** The folder that is mounted at /config, with a config.yaml that works. */
  readonly config: string;
  readonly uid: number | undefined;
  run(args: readonly string[], more: { env?: Record<string, string> }): Promise<Ended>;
}

/** Gets a token with each kind of credential, and asks Graph for the mailboxes with it. */
export async function checkCredentials({ emulator, config, uid, run }: CredentialChecks): Promise<void> {
  const base = parse(await readFile(join(config, 'config.yaml'), 'utf8')) as { tenant: Record<string, unknown> };
  const { tenantId, clientId } = base.tenant;
  const write = async (name: string, text: string) => {
    await writeFile(join(config, name), text, { mode: 0o600 });
    if (uid !== undefined) {
      await chown(join(config, name), uid, uid);
    }
  };
  const check = async (kind: string, keys: Record<string, unknown>, env: Record<string, string> = {}) => {
    await write('kind.yaml', JSON.stringify({ ...base, tenant: { tenantId, ...keys } }));
    const { code, stdout, stderr } = await run(['mailboxes', '--config', '/config/kind.yaml', '--yaml'], { env });
    const works = code === 0 && stdout.includes('ada@contoso.com');
    expectEqual(works ? kind : `${kind}: ${code} ${stdout}${stderr}`, kind);
  };

  await check('secret', { clientId, clientSecretFile: './client-secret.txt' });

  const { certificate, key } = await makeCertificate();
  emulator.setApplication({ certificates: [certificate] });
  await write('certificate.pem', certificate + key);
  await check('certificate', { clientId, certificateFile: './certificate.pem' });

  const record = { issuer: 'https://oidc.example/', subject: 'pod', audience: 'api://AzureADTokenExchange' };
  const publicKey = createPublicKey(certificate).export({ type: 'spki', format: 'pem' }).toString();
  emulator.setApplication({ federatedIssuers: [{ ...record, publicKey }] });
  const claims = federatedClaims(record, Math.floor(Date.now() / 1000));
  await write('token', signJwt({ alg: 'RS256', kid: '1' }, claims, key));
  await check('workload identity', { clientId, workloadIdentity: true, federatedTokenFile: './token' });

  await using identity = await startIdentityEndpoint(emulator);
  await check('managed identity', { managedIdentity: true }, identity.env);
}

/** The endpoint of App Service (learn, "How to use managed identities for App Service"). */
async function startIdentityEndpoint(emulator: Emulator): Promise<{ env: Record<string, string> } & AsyncDisposable> {
  const client = await microsoftClient(emulator);
  const { access_token } = (await client.token()).json as { access_token: string };
  await client.close();
  const expires_on = String(Math.floor(Date.now() / 1000) + 3599);
  const answer = { access_token, expires_on, resource: 'https://graph.microsoft.com', token_type: 'Bearer' };
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    env: { IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`, IDENTITY_HEADER: 'known to this machine' },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}
