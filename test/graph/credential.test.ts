import { createPublicKey } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEmulator, type Emulator, type Fault } from '../../src/emulator/emulator.ts';
import { FAULTS } from '../../src/emulator/fault-catalogue.ts';
import { cloudOf } from '../../src/graph/clouds.ts';
import { createTokenSource, type TokenSource } from '../../src/graph/credential.ts';
import type { Credential } from '../../src/graph/credential-kinds.ts';
import { GraphError } from '../../src/graph/errors.ts';
import { RollingCredential } from '../../src/graph/rolling-credential.ts';
import { createTransport, type Transport } from '../../src/graph/transport.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { Secret } from '../../src/lib/secret.ts';
import { federatedClaims, type Members, signJwt } from '../support/assertions.ts';
import { makeCertificate, type TestCertificate } from '../support/certificates.ts';
import { listen } from '../support/download-proxy.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type MicrosoftClient, microsoftClient } from '../support/microsoft-client.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const HOUR_MS = 60 * 60 * 1000;

let registered: TestCertificate;
let other: TestCertificate;
let emulator: Emulator;
let client: MicrosoftClient;
/** How far Microsoft's clock is ahead of ours. */
let aheadMs: number;
const closing: (() => PromiseLike<void>)[] = [];

beforeAll(async () => {
  [registered, other] = await Promise.all([makeCertificate(), makeCertificate()]);
});
beforeEach(async () => {
  aheadMs = 0;
  emulator = await createEmulator({ clock: { now: () => Date.now() + aheadMs } });
  emulator.addMailbox({ upn: 'ada@contoso.com' });
  client = await microsoftClient(emulator);
  closing.push(client.close, emulator.close);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closing.splice(0).reverse()) {
    await close();
  }
});

/** Tokens as the server gets them, through the emulator as the operator's proxy. */
function tokensBy(credential: Credential): TokenSource {
  const transport = createTransport({ proxy: emulator.proxy, caPem: emulator.caPem, userAgent: 'test' });
  closing.push(transport.close);
  return tokensThrough(transport, credential);
}

const tokensThrough = (transport: Transport, credential: Credential): TokenSource =>
  createTokenSource({
    tenantId: emulator.tenantId,
    credential,
    cloud: cloudOf('global'),
    transport,
    clock: systemClock,
  });

const fetchToken = (tokens: TokenSource) => tokens.token(new AbortController().signal);

async function errorOf(tokens: TokenSource): Promise<GraphError> {
  const error = await fetchToken(tokens).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(GraphError);
  return error as GraphError;
}

/** What Graph says to a token. */
async function statusWith(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await client.plain('https://graph.microsoft.com/v1.0/users/ada@contoso.com/drive', { headers })).status;
}

const tokenRequests = () => emulator.calls.filter(({ operation }) => operation === 'token').length;

describe('a client secret', () => {
  it('whose token does not come is given up when the caller goes', async () => {
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    emulator.setFault(() => {
      asked.resolve();
      return { delayUntil: released.promise };
    });
    const credential = {
      kind: 'secret',
      clientId: emulator.clientId,
      secret: new Secret(emulator.clientSecret),
    } as const;
    const caller = new AbortController();
    const token = tokensBy(credential).token(caller.signal);
    await asked.promise;
    caller.abort();
    await expect(token).rejects.toMatchObject({ kind: 'aborted' });
    released.resolve();
  });

  it('requests a token once, and again when it was forgotten', async () => {
    const tokens = tokensBy({
      kind: 'secret',
      clientId: emulator.clientId,
      secret: new Secret(emulator.clientSecret),
    });
    emulator.resetCalls();
    expect(await statusWith(await fetchToken(tokens))).toBe(200);
    await fetchToken(tokens);
    expect(tokenRequests()).toBe(1);
    tokens.forget();
    await fetchToken(tokens);
    expect(tokenRequests()).toBe(2);
  });
});

describe('a token', () => {
  const source = () => {
    emulator.resetCalls();
    return tokensBy({ kind: 'secret', clientId: emulator.clientId, secret: new Secret(emulator.clientSecret) });
  };

  it('is the same one until a few minutes before its end, and then another', async () => {
    const tokens = source();
    const first = await fetchToken(tokens);
    const began = Date.now();
    vi.useFakeTimers({ toFake: ['Date'], now: began + 53 * 60_000 });
    try {
      expect(await fetchToken(tokens)).toBe(first);
      vi.setSystemTime(began + 57 * 60_000);
      const second = await fetchToken(tokens);
      expect([second === first, tokenRequests()]).toEqual([false, 2]);
      expect(await fetchToken(tokens)).toBe(second);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that was asked for before the last one was forgotten is not kept', async () => {
    const tokens = source();
    const asked = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    emulator.setFault(operation => {
      if (operation !== 'token') {
        return undefined;
      }
      asked.resolve();
      return { delayUntil: released.promise };
    });
    const early = fetchToken(tokens);
    await asked.promise;
    tokens.forget();
    emulator.setFault(undefined);
    released.resolve();
    await early;
    await fetchToken(tokens);
    expect(tokenRequests()).toBe(2);
  });

  it('is not handed to a caller who has gone', async () => {
    const tokens = source();
    await fetchToken(tokens);
    await expect(tokens.token(AbortSignal.abort())).rejects.toMatchObject({ kind: 'aborted' });
  });
});

describe('D12 the host that tokens come from', () => {
  const secret = (): Credential => ({
    kind: 'secret',
    clientId: emulator.clientId,
    secret: new Secret(emulator.clientSecret),
  });

  const tokensAt = (clock: Clock): TokenSource => {
    const transport = createTransport({ proxy: emulator.proxy, caPem: emulator.caPem, userAgent: 'test' });
    closing.push(transport.close);
    const tenantId = emulator.tenantId;
    return createTokenSource({ tenantId, credential: secret(), cloud: cloudOf('global'), transport, clock });
  };

  const meetOnce = (make: () => Fault) => {
    let isMet = false;
    emulator.setFault(operation => {
      const isFirst = operation === 'token' && !isMet;
      isMet ||= isFirst;
      return isFirst ? make() : undefined;
    });
  };

  it.each(['throttle-429-day', 'throttle-503-day'] as const)(
    '%s is said at once; nobody asks until two minutes have passed, however long it wants silence',
    async name => {
      const clock = fakeClock(Date.now());
      const tokens = tokensAt(clock);
      meetOnce(FAULTS[name]!);
      emulator.resetCalls();
      expect(await errorOf(tokens)).toMatchObject({ kind: 'throttled' });
      expect(await errorOf(tokens)).toMatchObject({ kind: 'throttled', retryAfterSeconds: expect.closeTo(120, 0) });
      expect([tokens.quietSeconds(), clock.slept, tokenRequests()]).toEqual([120, [], 1]);
      clock.advance(120_000);
      expect(await statusWith(await fetchToken(tokens))).toBe(200);
    },
  );

  it.each(Object.keys(FAULTS).filter(name => /^throttle-.*(429|503|509|408)/.test(name) && !name.endsWith('-day')))(
    '%s is waited for, by our clock',
    async name => {
      const clock = fakeClock(Date.now());
      meetOnce(FAULTS[name]!);
      expect(await statusWith(await fetchToken(tokensAt(clock)))).toBe(200);
    },
  );

  it.each([400, 403, 404, 423])('a refusal (%i) that names a Retry-After is over when it is over', async status => {
    const tokens = tokensAt(fakeClock(Date.now()));
    const headers = { 'retry-after': '86400', 'content-type': 'application/json' };
    const body = '{"error":"access_denied","error_description":"a portal"}';
    meetOnce(() => ({ wire: { done: 'no', status, headers, body } }));
    expect(await errorOf(tokens)).toMatchObject({ kind: 'credential' });
    expect(await statusWith(await fetchToken(tokens))).toBe(200);
  });

  it('that stays broken is an error of the credential, after four tries', async () => {
    const clock = fakeClock(Date.now());
    emulator.setFault(operation => (operation === 'token' ? FAULTS['error-500']!() : undefined));
    emulator.resetCalls();
    expect(await errorOf(tokensAt(clock))).toMatchObject({ kind: 'credential' });
    expect(tokenRequests()).toBe(4);
  });
});

describe('a certificate', () => {
  const by = ({ certificate, key }: TestCertificate): Credential => ({
    kind: 'certificate',
    clientId: emulator.clientId,
    pem: new Secret(certificate + key),
  });

  beforeEach(() => {
    emulator.setApplication({ certificates: [registered.certificate], clientSecret: 'not in use' });
  });

  it('requests a token once, and again when it was forgotten', async () => {
    const tokens = tokensBy(by(registered));
    emulator.resetCalls();
    expect(await statusWith(await fetchToken(tokens))).toBe(200);
    await fetchToken(tokens);
    expect(tokenRequests()).toBe(1);
    tokens.forget();
    await fetchToken(tokens);
    expect(tokenRequests()).toBe(2);
  });

  it('that is not registered is AADSTS700027, with what to do', async () => {
    const error = await errorOf(tokensBy(by(other)));
    expect(error).toMatchObject({ kind: 'credential', codes: ['aadsts700027'] });
    expect(error.message).toMatch(
      /AADSTS700027.*tenant\.certificateFile is not among those of the application.*upload it/,
    );
  });

  it("with another certificate's key is AADSTS700027", async () => {
    const error = await errorOf(tokensBy(by({ certificate: registered.certificate, key: other.key })));
    expect(error.codes).toEqual(['aadsts700027']);
  });

  it.each([
    ['behind', HOUR_MS],
    ['ahead', -HOUR_MS],
  ])('on a machine whose clock is an hour %s is AADSTS700024, with what to do', async (_, ahead) => {
    aheadMs = ahead;
    const error = await errorOf(tokensBy(by(registered)));
    expect(error.message).toMatch(/AADSTS700024.*check this machine's clock/);
  });

  it('shows nothing of the key or the assertion in errors', async () => {
    const error = await errorOf(tokensBy(by(other)));
    expect(error.message).not.toMatch(/BEGIN|eyJ/);
  });

  it('is good for requests at the same time', async () => {
    const tokens = tokensBy(by(registered));
    const all = await Promise.all([1, 2, 3].map(() => fetchToken(tokens)));
    expect(await statusWith(all[2]!)).toBe(200);
  });
});

describe('a workload identity', () => {
  const record = {
    issuer: 'https://oidc.example.com/cluster/',
    subject: 'system:serviceaccount:files:webdav',
    audience: 'api://AzureADTokenExchange',
  };
  let tokenFile: string;

  beforeEach(async () => {
    const folder = await makeTempDir();
    closing.push(() => folder[Symbol.asyncDispose]());
    tokenFile = join(folder.path, 'token');
    const publicKey = createPublicKey(registered.certificate).export({ type: 'spki', format: 'pem' }).toString();
    emulator.setApplication({ federatedIssuers: [{ ...record, publicKey }] });
    await project();
  });

  /** Writes the token as a cluster does. */
  const project = (claims: Members = {}) =>
    writeFile(
      tokenFile,
      signJwt(
        { alg: 'RS256', kid: '1' },
        { ...federatedClaims(record, Math.floor(Date.now() / 1000)), ...claims },
        registered.key,
      ),
    );
  const identity = (): Credential => ({ kind: 'workload-identity', clientId: emulator.clientId, tokenFile });

  it('gives tokens for the token in its file', async () => {
    expect(await statusWith(await fetchToken(tokensBy(identity())))).toBe(200);
  });

  it('uses the configured values, whatever the environment says', async () => {
    vi.stubEnv('AZURE_CLIENT_ID', 'another');
    vi.stubEnv('AZURE_TENANT_ID', 'another');
    vi.stubEnv('AZURE_FEDERATED_TOKEN_FILE', '/nowhere');
    vi.stubEnv('AZURE_AUTHORITY_HOST', 'https://login.example.com');
    expect(await statusWith(await fetchToken(tokensBy(identity())))).toBe(200);
  });

  it.each<[string, Members, RegExp]>([
    ['of another service account', { sub: 'x' }, /AADSTS700213.*this subject; compare it/],
    ['of another cluster', { iss: 'https://oidc.example.com/' }, /AADSTS700211.*this issuer; compare it/],
    ['for somebody else', { aud: 'x' }, /AADSTS700212.*this audience; compare it/],
    ['that is too old', { exp: 1 }, /AADSTS700024.*the age of the token file/],
  ])('with a token %s says so, and what to do', async (_, claims, message) => {
    await project(claims);
    expect((await errorOf(tokensBy(identity()))).message).toMatch(message);
  });

  it('whose file has gone says so', async () => {
    tokenFile = `${tokenFile}.gone`;
    expect((await errorOf(tokensBy(identity()))).message).toMatch(/issued no token \(.*no such file/);
  });
});

describe('a managed identity', () => {
  const HEADER = 'the header that only this machine knows';
  const asked: URLSearchParams[] = [];
  let answer: (response: ServerResponse) => void;
  let endpoint: Awaited<ReturnType<typeof listen>>;
  let transport: Transport;

  /**
   * App Service's endpoint for identities (learn, "How to use managed identities for App Service"). One for all tests,
   * and one transport: MSAL keeps the first that it has seen for the whole process, and the tokens, too, so each test
   * has an identity of its own. As a proxy the endpoint is good for nothing.
   */
  beforeAll(async () => {
    const server = createServer((request: IncomingMessage, response: ServerResponse) => {
      asked.push(new URL(request.url!, 'http://localhost').searchParams);
      if (request.headers['x-identity-header'] === HEADER) {
        answer(response);
      } else {
        response.writeHead(401).end();
      }
    });
    endpoint = await listen(server);
    transport = createTransport({ proxy: endpoint.url, userAgent: 'test' });
  });
  beforeEach(() => {
    vi.stubEnv('IDENTITY_ENDPOINT', `${endpoint.url}/msi/token`);
    vi.stubEnv('IDENTITY_HEADER', HEADER);
    asked.length = 0;
  });
  afterAll(async () => {
    await transport.close();
    await endpoint.stop();
  });

  const identity = (clientId?: string) => tokensThrough(transport, { kind: 'managed-identity', clientId });

  const answerJson = (status: number, body: object) => (response: ServerResponse) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

  it.each([
    ['of the system', undefined],
    ['with a client id', 'a0000000-0000-0000-0000-000000000001'],
  ])('%s gives tokens from the machine itself, not through the proxy', async (_, clientId) => {
    const token = (await client.token()).json.access_token as string;
    answer = answerJson(200, {
      access_token: token,
      expires_on: String(Math.floor(Date.now() / 1000) + 3599),
      resource: 'https://graph.microsoft.com',
      token_type: 'Bearer',
    });
    emulator.resetCalls();
    const tokens = identity(clientId);
    expect(await statusWith(await fetchToken(tokens))).toBe(200);
    await fetchToken(tokens);
    const query = { resource: 'https://graph.microsoft.com', 'api-version': '2019-08-01' };
    expect(asked.map(each => Object.fromEntries(each))).toEqual([
      clientId === undefined ? query : { ...query, client_id: clientId },
    ]);
    expect(emulator.calls.map(({ operation }) => operation)).toEqual(['drive-get']);
  });

  it('of another tenant than the configured one is refused: its files must not appear under that name', async () => {
    const token = (await client.token()).json.access_token as string;
    answer = answerJson(200, {
      access_token: token,
      expires_on: String(Math.floor(Date.now() / 1000) + 3599),
      resource: 'https://graph.microsoft.com',
      token_type: 'Bearer',
    });
    const credential = { kind: 'managed-identity', clientId: 'a0000000-0000-0000-0000-000000000004' } as const;
    const tenantId = '99999999-9999-4999-8999-999999999999';
    const error = await errorOf(
      createTokenSource({ tenantId, credential, cloud: cloudOf('global'), transport, clock: systemClock }),
    );
    expect([error.kind, error.message]).toEqual([
      'credential',
      expect.stringMatching(
        new RegExp(`belongs to the tenant ${emulator.tenantId}, not to ${tenantId}; check tenantId`),
      ),
    ]);
  });

  it('that is not assigned to the machine says so, and what to do', async () => {
    const message =
      'No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.';
    answer = answerJson(400, { statusCode: 400, message });
    const error = await errorOf(identity('a0000000-0000-0000-0000-000000000002'));
    expect(error.kind).toBe('credential');
    expect(error.message).toMatch(/has no such managed identity; assign it in Azure, or check tenant\.managedIdentity/);
  });

  it('where nobody answers says so, and what to do', async () => {
    answer = response => response.destroy();
    const error = await errorOf(identity('a0000000-0000-0000-0000-000000000003'));
    expect(error.message).toMatch(/this machine has no endpoint for managed identities/);
  });
});

describe('a refused credential', () => {
  beforeEach(() => emulator.resetCalls());
  const asked = () => emulator.calls.filter(({ operation }) => operation === 'token').length;
  const secret = (text: string): Credential => ({
    kind: 'secret',
    clientId: emulator.clientId,
    secret: new Secret(text),
  });
  /** A source whose credential is what `written` says, as in a file. */
  function rolling(first: string) {
    const written = { text: first };
    const transport = createTransport({ proxy: emulator.proxy, caPem: emulator.caPem, userAgent: 'test' });
    closing.push(transport.close);
    const clock = fakeClock(Date.now());
    const credential = secret(first);
    const credentials = new RollingCredential({ credential, read: async () => secret(written.text) });
    const { tenantId } = emulator;
    const tokens = createTokenSource({ tenantId, credential, credentials, cloud: cloudOf('global'), transport, clock });
    return { written, clock, tokens };
  }
  const MANY = Array.from({ length: 20 });

  it('is not sent again for some seconds, however many want a token', async () => {
    const { tokens, clock } = rolling('wrong');
    const load = () => Promise.all(MANY.map(() => errorOf(tokens)));
    for (const error of [...(await load()), ...(await load())]) {
      expect(error.message).toContain('AADSTS7000215');
    }
    expect(asked()).toBe(1);
    clock.advance(10_000);
    await load();
    expect(asked()).toBe(2);
  });

  it('does not keep back another one that its file has got', async () => {
    const { tokens, written } = rolling('wrong');
    await errorOf(tokens);
    written.text = emulator.clientSecret;
    await fetchToken(tokens);
    expect(asked()).toBe(2);
  });

  it('is tried at once when the one before is refused, too: Microsoft may know it now', async () => {
    const { tokens, written } = rolling(emulator.clientSecret);
    written.text = 'rolled';
    await fetchToken(tokens);
    emulator.setApplication({ clientSecret: 'rolled' });
    tokens.forget();
    await fetchToken(tokens);
    emulator.setApplication({ clientSecret: 'a third one' });
    tokens.forget();
    const before = asked();
    await Promise.all(MANY.map(() => errorOf(tokens)));
    await Promise.all(MANY.map(() => errorOf(tokens)));
    // Each of the two that are known once, and the newest once more.
    expect(asked() - before).toBeLessThanOrEqual(3);
  });

  it('is asked for again when the one who asked for all has gone', async () => {
    const { tokens } = rolling(emulator.clientSecret);
    const leaving = new AbortController();
    const gone = tokens.token(leaving.signal).catch((error: GraphError) => error.kind);
    const staying = MANY.map(() => fetchToken(tokens));
    leaving.abort();
    expect(await gone).toBe('aborted');
    expect(new Set(await Promise.all(staying)).size).toBe(1);
  });
});
