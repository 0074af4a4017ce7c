import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** The certificate of a listener, with its issuers behind it, and its key; both in PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

const TLS = { minVersion: 'TLSv1.2' } as const;

/** Returns what Node needs to serve with the pair. */
export function tlsOptionsOf(pair: KeyPair) {
  return { ...pair, ...TLS };
}

/**
 * Returns when the first certificate ends. Throws when the pair cannot be served: a half-written file, or a key of
 * another certificate. Node itself would serve without a certificate if the text is empty.
 */
export function checkKeyPair({ key, cert }: KeyPair): Date {
  try {
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(createPrivateKey(key))) {
      throw new Error('the key of keyFile does not belong to the first certificate of certificateFile');
    }
    createSecureContext({ key, cert });
    return certificate.validToDate;
  } catch (cause) {
    throw new Error(`listen.tls: ${(cause as Error).message}`, { cause });
  }
}
