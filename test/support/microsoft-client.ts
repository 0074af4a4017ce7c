import { ProxyAgent } from 'undici';
import type { Emulator } from '../../src/emulator/emulator.ts';

export interface MicrosoftAnswer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;

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

/** A client that believes it talks to Microsoft: real host names, the emulator as its proxy. Knows nothing of our own client. */
export async function microsoftClient(emulator: Emulator): Promise<MicrosoftClient> {
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
    const text = await answer.body.text();
    const json = /json/.test(String(answer.headers['content-type'])) && text !== '' ? JSON.parse(text) : undefined;
    return { status: answer.statusCode, headers: answer.headers, text, json };
  };
  const token = (form: Record<string, string> = {}, tenant = emulator.tenantId) =>
    plain(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: emulator.clientId,
        client_secret: emulator.clientSecret,
        scope: 'https://graph.microsoft.com/.default',
        ...form,
      }).toString(),
    });
  const bearer = (await token()).json?.access_token as string;
  return {
    plain,
    token,
    graph: (path, options = {}) =>
      plain(`https://graph.microsoft.com/v1.0${path}`, {
        ...options,
        headers: { authorization: `Bearer ${bearer}`, ...options.headers },
      }),
    close: () => dispatcher.close(),
  };
}
