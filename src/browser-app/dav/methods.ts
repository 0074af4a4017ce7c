import { asRequestError, errorOfStatus, isAbort } from './errors.ts';
import { urlOf } from './href.ts';

type Headers = Readonly<Record<string, string>>;

interface Options {
  readonly headers?: Headers;
  readonly body?: BodyInit;
  readonly signal?: AbortSignal | undefined;
  /** The request outlives the page. */
  readonly keepalive?: boolean;
}

/**
 * Sends a request. Throws RequestError for each answer that is no success, and for a Multi-Status: to a change it says
 * that a part was not done (RFC 4918 §9.6.1).
 */
export async function send(
  method: string,
  href: string,
  { headers = {}, body, signal, keepalive = false }: Options = {},
): Promise<Response> {
  const given = { ...(body !== undefined && { body }), ...(signal && { signal }) };
  const init = { method, headers, cache: 'no-store', keepalive, ...given };
  const response = await fetch(urlOf(href), init as RequestInit).catch((error: unknown) => {
    throw isAbort(error) ? error : asRequestError(error);
  });
  if (!response.ok || response.status === 207) {
    throw errorOfStatus(response.status, response.headers.get('retry-after'));
  }
  return response;
}

/** Makes a folder. Throws `exists` when there is something of its name (RFC 4918 §9.3.1). */
export async function makeFolder(href: string, signal?: AbortSignal): Promise<void> {
  await send('MKCOL', href, { signal });
}

/** The version that is there now, without its quotes; undefined when there is none. */
export async function currentTag(href: string, signal?: AbortSignal): Promise<string | undefined> {
  try {
    const response = await send('HEAD', href, { signal });
    return /^"(.*)"$/.exec(response.headers.get('etag') ?? '')?.[1];
  } catch (error) {
    if (asRequestError(error).code === 'not-found') {
      return undefined;
    }
    throw error;
  }
}

/** Gets the JSON of a view. */
export async function getJson<T>(url: string, signal?: AbortSignal): Promise<T> {
  return (await send('GET', url, { signal })).json() as Promise<T>;
}

/** Does an action of a resource, and returns what it answers. */
export async function act<T = unknown>(
  href: string,
  action: string,
  input: object,
  { headers, ...options }: Omit<Options, 'body'> = {},
): Promise<T> {
  const json = { ...headers, 'Content-Type': 'application/json' };
  const url = `${href}?action=${action}`;
  return (await send('POST', url, { ...options, headers: json, body: JSON.stringify(input) })).json() as Promise<T>;
}
