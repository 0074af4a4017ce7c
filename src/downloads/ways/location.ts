import type { Entry } from '../../drive/entry.ts';
import type { ProxyUrlOptions } from '../proxy-url.ts';

/** The parts of a file's URL. */
export interface LocationParts {
  readonly file: { readonly names: readonly string[]; readonly entry: Entry };
  /** Returns the pre-authenticated URL; undefined when the file has none. Throws the drive's errors. */
  readonly address: () => Promise<string | undefined>;
  readonly customHost: string | undefined;
  readonly proxy: ProxyUrlOptions | undefined;
  /** In milliseconds. */
  readonly now: number;
}

/** Returns the URL for a client; undefined when this server sends the bytes. Throws the errors of `address`. */
export type Locate = (parts: LocationParts) => Promise<string | undefined>;
