import { type Dispatcher, request } from 'undici';
import type { Dav } from './dav-client.ts';
import { basic } from './raw-http.ts';

export interface ThroughOptions {
  /** Sent with every request, as the proxy in front would. `Host` counts, other than in fetch. */
  readonly headers?: Record<string, string>;
  /** For TLS with a certificate of our own. */
  readonly dispatcher?: Dispatcher;
}

/** `davClient` for servers that are reached through something. */
export function davThrough(
  server: { url: string; user: string; password: string },
  { headers: added = {}, dispatcher }: ThroughOptions = {},
): Dav {
  return async (method, path, headers = {}, body) => {
    const answer = await request(`${server.url}${path}`, {
      method: method as Dispatcher.HttpMethod,
      headers: { ...basic(server.user, server.password), ...added, ...headers },
      body: body as Uint8Array,
      dispatcher,
    });
    const fields = Object.entries(answer.headers).flatMap(([name, value]) =>
      [value ?? []].flat().map(each => [name, each]),
    );
    return {
      status: answer.statusCode,
      headers: new Headers(fields as [string, string][]),
      text: await answer.body.text(),
    };
  };
}
