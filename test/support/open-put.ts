import { type ClientRequest, request } from 'node:http';
import { basic } from './raw-http.ts';
import type { Account } from './test-server.ts';

export interface OpenPut {
  /** To write the body to. */
  readonly put: ClientRequest;
  /** The status of the answer. */
  readonly status: Promise<number>;
}

/**
 * A PUT whose body the test writes itself. With `Expect: 100-continue` it is returned when the server asks for the
 * body.
 */
export async function openPut(
  server: Account & { url: string },
  path: string,
  headers: Record<string, string>,
): Promise<OpenPut> {
  const put = request(new URL(path, server.url), {
    method: 'PUT',
    headers: { ...basic(server.user, server.password), ...headers },
  });
  const status = new Promise<number>((resolve, reject) => {
    put.on('error', reject).on('response', response => {
      response.resume();
      resolve(response.statusCode!);
    });
  });
  if (headers.Expect !== undefined) {
    put.flushHeaders();
    await Promise.race([status, new Promise(resolve => put.once('continue', resolve))]);
  }
  return { put, status };
}
