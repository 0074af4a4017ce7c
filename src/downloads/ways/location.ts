import type { Entry } from '../../drive/entry.ts';
import type { ProxyUrlOptions } from '../proxy-url.ts';

/** The parts from which the URL of a file is made. */
export interface LocationParts {
  readonly file: { readonly names: readonly string[]; readonly entry: Entry };
  /** The pre-authenticated URL; undefined when the file has none. Throws what the drive throws. */
  readonly address: () => Promise<string | undefined>;
  readonly customHost: string | undefined;
  readonly proxy: ProxyUrlOptions | undefined;
  /** Milliseconds. */
  readonly now: number;
}

/** Where a way sends a client; undefined keeps the bytes here. Throws the errors of `address`. */
export type Locate = (parts: LocationParts) => Promise<string | undefined>;
