import { basic } from './raw-http.ts';

export interface DavAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Requests as a test writes them: `dav('PUT', '/m/x', {…headers}, body)`. */
export type Dav = (
  method: string,
  path: string,
  headers?: Record<string, string>,
  body?: string | Uint8Array | ReadableStream,
) => Promise<DavAnswer>;

export function davClient(server: { url: string; user: string; password: string }): Dav {
  return clientWith(server, basic(server.user, server.password));
}

/** A client that sends these headers, and its own, with each request. The server may have another URL later. */
export function clientWith(server: { readonly url: string }, always: Record<string, string>): Dav {
  return async (method, path, headers = {}, body) => {
    const response = await fetch(new URL(path, server.url), {
      method,
      headers: { ...always, ...headers },
      body: body as BodyInit | undefined,
      redirect: 'manual',
      ...({ duplex: 'half' } as object),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
}

/** The hrefs of a multistatus, in order. */
export function hrefsOf(xml: string): string[] {
  return [...xml.matchAll(/<D:href>([^<]*)<\/D:href>/g)].map(match => match[1]!);
}
