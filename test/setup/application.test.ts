import { createPublicKey } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { UsageError } from '../../src/lib/usage-error.ts';
import { federatedClaims, signJwt } from '../support/assertions.ts';
import { makeCertificate } from '../support/certificates.ts';
import { openSetupBench, type SetupBench } from '../support/setup-bench.ts';

let bench: SetupBench;

beforeEach(async () => {
  bench = await openSetupBench();
});
afterEach(() => bench[Symbol.asyncDispose]());

const options = async () => ({ ...(await bench.known()), all: true });
/** For another credential. */
const withoutSecret = async () => ({ ...(await options()), clientSecretFile: undefined });

describe('the application', () => {
  it.each([
    ['a wrong secret', { clientSecret: 'another' }, /AADSTS7000215.*secret is wrong.*--client-secret-file/],
    ['an expired secret', { secretExpired: true }, /AADSTS7000222.*expired.*--client-secret-file/],
    ['a disabled application', { disabled: true }, /AADSTS7000112.*disabled/],
    [
      'a wrong client id',
      { clientId: '0f0e0d0c-0000-4000-8000-000000000000' },
      /AADSTS700016.*not known in this tenant.*--client-id and --tenant/,
    ],
  ])('%s is named with its cure', async (_, change, message) => {
    const given = await options();
    bench.emulator.setApplication(change);
    expect((await bench.failure({ options: given })).message).toMatch(message);
    await expect(readdir(bench.path(''))).rejects.toThrow('ENOENT');
  });

  it('a wrong tenant is named with its cure', async () => {
    const tenant = '0f0e0d0c-0000-4000-8000-000000000000';
    const { message } = await bench.failure({ options: { ...(await options()), tenant } });
    expect(message).toMatch(/AADSTS90002.*tenant was not found.*--tenant and --cloud/);
  });

  it('may be given by a domain of its tenant', async () => {
    const { domain } = bench.emulator;
    await bench.run({ options: { ...(await options()), tenant: domain } });
    expect((await bench.config()).tenant.tenantId).toBe(domain);
  });

  it('is proved by a certificate that is there; one that does not fit is refused', async () => {
    const { certificate, key } = await makeCertificate();
    const certificateFile = join(bench.folder, 'own.pem');
    await writeFile(certificateFile, certificate);
    const own = { ...(await withoutSecret()), certificateFile };
    const refused = await bench.failure({ options: own });
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused.message).toMatch(/--certificate-file: .*no private key/);
    await writeFile(certificateFile, `${certificate}${key}`);
    bench.emulator.setApplication({ certificates: [certificate] });
    await bench.run({ options: own });
    expect((await bench.config()).tenant.certificateFile).toBe(certificateFile);
  });

  it('is proved by the token of another issuer, as a pod has it', async () => {
    const { certificate, key } = await makeCertificate();
    const record = { issuer: 'https://oidc.example.com/', subject: 'pod', audience: 'api://AzureADTokenExchange' };
    const publicKey = createPublicKey(certificate).export({ type: 'spki', format: 'pem' }).toString();
    bench.emulator.setApplication({ federatedIssuers: [{ ...record, publicKey }] });
    const tokenFile = join(bench.folder, 'token');
    const claims = federatedClaims(record, Math.floor(Date.now() / 1000));
    await writeFile(tokenFile, signJwt({ alg: 'RS256', kid: '1' }, claims, key));
    const env = { AZURE_FEDERATED_TOKEN_FILE: tokenFile, AZURE_CLIENT_ID: bench.emulator.clientId };
    await bench.run({ options: { ...(await withoutSecret()), clientId: undefined, workloadIdentity: true }, env });
    const { tenants } = await loadConfig(bench.path('config.yaml'), env);
    expect(tenants[0]!.credential).toMatchObject({ kind: 'workload-identity', clientId: bench.emulator.clientId });
  });

  it('without the token file of a workload identity says how to name it', async () => {
    const { message } = await bench.failure({ options: { ...(await withoutSecret()), workloadIdentity: true } });
    expect(message).toMatch(/--federated-token-file is missing, and AZURE_FEDERATED_TOKEN_FILE is not set/);
  });

  it('cannot be proved in two ways at once', async () => {
    const { message } = await bench.failure({ options: { ...(await options()), clientSecretEnv: 'X' } });
    expect(message).toMatch(/give only one credential/);
  });

  it('does not make a certificate for a dry run', async () => {
    const own = { ...(await withoutSecret()), newCertificate: true, dryRun: true };
    expect((await bench.failure({ options: own })).message).toMatch(
      /--new-certificate cannot be combined with --dry-run/,
    );
    expect(await readdir(bench.folder)).toEqual(['given.txt']);
  });

  it('gets a new certificate beside the one in use, which stays even with --force', async () => {
    await mkdir(bench.path(''));
    for (const name of ['config.yaml', 'certificate.pem', 'certificate.cer']) {
      await writeFile(bench.path(name), 'in use');
    }
    const own = { ...(await withoutSecret()), newCertificate: true, force: true, consentTimeout: 0 };
    const messages = [(await bench.failure({ options: own })).message, (await bench.failure({ options: own })).message];
    const made = messages.map(message => /continue with --certificate-file (\S+)$/.exec(message)![1]!);
    expect(new Set(made).size).toBe(2);
    for (const name of ['config.yaml', 'certificate.pem', 'certificate.cer']) {
      expect([name, await readFile(bench.path(name), 'utf8')]).toEqual([name, 'in use']);
    }
    for (const file of made) {
      expect(await readFile(file, 'utf8')).toMatch(/BEGIN CERTIFICATE[\s\S]*BEGIN PRIVATE KEY/);
    }
  });
});
