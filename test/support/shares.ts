import { shares as sharesSchema } from '../../src/config/shares-schema.ts';
import { act } from './browser-client.ts';
import { clientWith, type Dav } from './dav-client.ts';
import { type FrontDoorOptions, type FrontDoorTest, startFrontDoor } from './front-door.ts';
import { basic } from './raw-http.ts';

/** A share as its maker gets it. */
export interface MadeShare {
  readonly id: string;
  readonly url: string;
  /** The path of its root, with a slash at its end. */
  readonly root: string;
  readonly token: string;
}

/** Makes a share of the file or folder at `path`. Throws with the answer when it is refused. */
export async function makeShare(dav: Dav, path: string, input: object): Promise<MadeShare> {
  const answer = await act(dav, `${path}?action=share`, { input });
  if (answer.status !== 201) {
    throw new Error(`${answer.status} ${answer.text}`);
  }
  const { share, url } = JSON.parse(answer.text) as { share: { id: string }; url: string };
  const root = new URL(url).pathname;
  return { id: share.id, url, root, token: root.split('/').at(-2)! };
}

/** A client without an account, which may know the password of a share. */
export function visitor(server: { readonly url: string }, password?: string): Dav {
  return clientWith(server, password === undefined ? {} : basic('guest', password));
}

/** The front door with shares, as the configuration allows them. */
export function startShares(
  options: FrontDoorOptions = {},
  allowed: Parameters<typeof sharesSchema.parse>[0] = {},
): Promise<FrontDoorTest> {
  return startFrontDoor({ ...options, shares: sharesSchema.parse(allowed) });
}
