import { ProxyAgent } from 'undici';
import type { Emulator, TenantHandle } from '../../src/emulator/emulator.ts';

export interface MicrosoftAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  /** The body, where it is no text. */
  readonly bytes: Buffer;

  /** Of any shape; a test looks into it as into a document. */
  readonly json: ReturnType<typeof JSON.parse>;
}

export interface CallOptions {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** An object is sent as JSON. */
  readonly body?: object | string | Buffer;
}

export interface MicrosoftClient {
  /** A Graph call below `/v1.0`, with a token. */
  graph(path: string, options?: CallOptions): Promise<MicrosoftAnswer>;
  /** Any URL, as it is, without a token. */
  plain(url: string, options?: CallOptions): Promise<MicrosoftAnswer>;
  token(form?: Record<string, string>, tenant?: string): Promise<MicrosoftAnswer>;
  close(): Promise<void>;
}

/** The facts that a client needs about a tenant. */
export type TenantAddress = Pick<TenantHandle, 'tenantId' | 'hosts' | 'clientId' | 'clientSecret'>;

/** The facts that a client needs about an emulator, which may be another process. */
export type EmulatorAddress = TenantAddress & Pick<Emulator, 'proxy' | 'caPem'>;

export interface MicrosoftClientOptions {
  /** The emulator's first one by default. */
  readonly tenant?: TenantAddress;
  /** The tenant's first one by default. */
  readonly application?: { readonly clientId: string; readonly clientSecret: string };
}

/**
 * A client that believes it talks to Microsoft: real host names, the emulator as its proxy. Knows nothing of our own
 * client. Its token has the roles that are granted when it is made.
 */
export async function microsoftClient(
  emulator: EmulatorAddress,
  { tenant: of = emulator, application = of }: MicrosoftClientOptions = {},
): Promise<MicrosoftClient> {
  const dispatcher = new ProxyAgent({ uri: emulator.proxy, requestTls: { ca: emulator.caPem } });
  const plain = async (
    url: string,
    { method = 'GET', headers = {}, body }: CallOptions = {},
  ): Promise<MicrosoftAnswer> => {
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
    const { origin } = new URL(url);
    const answer = await dispatcher.request({
      origin,
      path: url.slice(origin.length) || '/',
      method: method as 'GET',
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      body: isJson ? JSON.stringify(body) : (body as string | Buffer | undefined),
    });
    const bytes = Buffer.from(await answer.body.arrayBuffer());
    const text = bytes.toString();
    const json = /json/.test(String(answer.headers['content-type'])) && text !== '' ? JSON.parse(text) : undefined;
    return { status: answer.statusCode, headers: answer.headers, text, bytes, json };
  };
  const token = (form: Record<string, string> = {}, tenant = of.tenantId) =>
    plain(`https://${of.hosts.login}/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: application.clientId,
        client_secret: application.clientSecret,
        scope: `https://${of.hosts.graph}/.default`,
        ...form,
      }).toString(),
    });
  const bearer = (await token()).json?.access_token as string;
  return {
    plain,
    token,
    graph: (path, options = {}) =>
      plain(`https://${of.hosts.graph}/v1.0${path}`, {
        ...options,
        headers: { authorization: `Bearer ${bearer}`, ...options.headers },
      }),
    close: () => dispatcher.close(),
  };
}
