import { createHash } from 'node:crypto';
import { signPath, signRequest } from './signature.ts';

export interface ProxyUrlOptions {
  /** Origins without a path or a trailing slash. */
  readonly urls: readonly string[];
  /** Undefined: OpenList's form, `<url><path>?sign=…`. */
  readonly template: string | undefined;
  /** The first key signs. */
  readonly keys: readonly string[];
  /** False when the "proxy" is a mirror that needs no signature (OpenList's `disable_proxy_sign`). */
  readonly sign: boolean;
  /** 0: a signature never expires. */
  readonly lifeSeconds: number;
}

export interface ProxiedFile {
  /** The names of the file from the root of the WebDAV tree, decoded. */
  readonly names: readonly string[];
  readonly id: string;
  /** Returns the pre-authenticated URL; called only when the template needs it. */
  readonly url: () => Promise<string>;
}

/** Returns the URL of the operator's proxy for a file. `now` is in milliseconds. */
export async function proxyUrlFor(file: ProxiedFile, options: ProxyUrlOptions, now: number): Promise<string> {
  const base = options.urls[indexOf(file.id, options.urls.length)]!;
  const path = `/${file.names.join('/')}`;
  const encoded = file.names.map(name => `/${encodeURIComponent(name)}`).join('');
  const expires = options.lifeSeconds === 0 ? 0 : Math.floor(now / 1000) + options.lifeSeconds;
  if (options.template === undefined) {
    return `${base}${encoded}${options.sign ? `?sign=${signPath(path, expires, options.keys[0]!)}` : ''}`;
  }
  const values: Record<string, string> = {
    path: encoded,
    name: encodeURIComponent(file.names.at(-1) ?? ''),
    expires: String(expires),
    signature: options.sign ? signRequest('GET', path, expires, options.keys[0]!) : '',
    url: options.template.includes('{url}') ? encodeURIComponent(await file.url()) : '',
  };
  return base + options.template.replace(/\{(\w+)\}/g, (_whole, name: string) => values[name]!);
}

/** Returns always the same index for the same file, so that the proxy's cache is useful. */
function indexOf(id: string, count: number): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) % count;
}
