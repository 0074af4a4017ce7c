import { createHash, createPrivateKey, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LRUCache } from 'lru-cache';
import { isSignedBy, type Jwt } from './jwt.ts';
import { makeSelfSigned } from './tls.ts';

const FILE = 'login-keys.json';
/** How long a replaced key stays published: longer than the lifetime of any token that it has signed. */
const OVERLAP_MS = 24 * 60 * 60 * 1000;

/** A key of the login host; both parts in PEM. */
interface SavedKey {
  readonly certificate: string;
  readonly privateKey: string;
  /** Milliseconds since 1970; null for the current key. */
  readonly publishedUntil: number | null;
}

interface SavedKeys {
  /** The newest first. */
  readonly keys: readonly SavedKey[];
  /** Seals codes, refresh tokens and cookies, and makes pairwise subjects; base64. */
  readonly secret: string;
}

/** A key in the JWKS. */
export interface PublishedKey {
  /** The SHA-1 thumbprint of the certificate, which is Entra's name of a key. */
  readonly kid: string;
  readonly certificate: X509Certificate;
}

interface Key extends PublishedKey {
  readonly saved: SavedKey;
  readonly privateKey: KeyObject;
  /** JWTs that the key is known to have signed: each call of Graph brings its token along. */
  readonly verified: LRUCache<string, true>;
}

/** More than the tokens that the clients of one emulator use at a time. */
const MAX_VERIFIED = 256;

/**
 * The fate of the replaced key. `withdrawn`: its tokens cannot be verified any more, as after a
 * leak.
 */
export type OldKey = 'published' | 'withdrawn';

/**
 * The signing keys of the login host (learn, "Signing key rollover"). With a folder they outlive the emulator, and
 * so do its tokens; the certificate authority, which clients trust, is created anew at each start.
 */
export class SigningKeys {
  readonly secret: Buffer;
  readonly #folder: string | undefined;
  #keys: readonly Key[];

  private constructor({ keys, secret }: SavedKeys, folder: string | undefined) {
    this.#keys = keys.map(parseKey);
    this.#folder = folder;
    this.secret = Buffer.from(secret, 'base64');
  }

  static async open(folder: string | undefined): Promise<SigningKeys> {
    if (folder === undefined) {
      return new SigningKeys({ keys: [await sharedKey()], secret: newSecret() }, undefined);
    }
    const text = await readFile(join(folder, FILE), 'utf8').catch(() => undefined);
    if (text !== undefined) {
      return new SigningKeys(JSON.parse(text), folder);
    }
    const keys = new SigningKeys({ keys: [await newKey()], secret: newSecret() }, folder);
    await keys.#save();
    return keys;
  }

  /**
   * Signs a JWT with these claims (RFC 7515 §3.1), with the current key. `x5t` is beside `kid` in tokens of version
   * 1.
   */
  sign(claims: object, version: '1.0' | '2.0'): string {
    const { kid, privateKey } = this.#keys[0]!;
    const header = { typ: 'JWT', alg: 'RS256', ...(version === '1.0' ? { x5t: kid } : {}), kid };
    const signed = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const signature = sign('sha256', Buffer.from(signed), privateKey);
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** Tells whether one of the published keys has signed it, with RS256. */
  hasSigned(jwt: Jwt, now: number): boolean {
    const key = this.#publishedKeys(now).find(({ kid }) => kid === jwt.header.kid);
    if (key === undefined || jwt.header.alg !== 'RS256') {
      return false;
    }
    const whole = `${jwt.signed}.${jwt.signature.toString('base64url')}`;
    if (!key.verified.has(whole) && isSignedBy(jwt, key.certificate.publicKey)) {
      key.verified.set(whole, true);
    }
    return key.verified.has(whole);
  }

  published(now: number): readonly PublishedKey[] {
    return this.#publishedKeys(now);
  }

  #publishedKeys(now: number): readonly Key[] {
    return this.#keys.filter(({ saved: { publishedUntil } }) => publishedUntil === null || now < publishedUntil);
  }

  /** Replaces the signing key. */
  async roll(now: number, old: OldKey): Promise<void> {
    const publishedUntil = old === 'published' ? now + OVERLAP_MS : now;
    const former = this.#keys.map(({ saved }) => ({
      ...saved,
      publishedUntil: saved.publishedUntil ?? publishedUntil,
    }));
    this.#keys = [await newKey(), ...former].map(parseKey);
    await this.#save();
  }

  async #save(): Promise<void> {
    if (this.#folder === undefined) {
      return;
    }
    const saved: SavedKeys = { keys: this.#keys.map(({ saved }) => saved), secret: this.secret.toString('base64') };
    const file = join(this.#folder, FILE);
    await writeFile(`${file}.new`, JSON.stringify(saved), { mode: 0o600 });
    await rename(`${file}.new`, file);
  }
}

/** Returns the public key as a JWK (RFC 7517 §4, RFC 7518 §6.3). */
export function publicJwk(key: KeyObject): { n: string; e: string } {
  const { n, e } = key.export({ format: 'jwk' });
  return { n: n!, e: e! };
}

let shared: Promise<SavedKey> | undefined;

/** Shared by all emulators of this process that keep nothing: a new RSA key takes a tenth of a second. */
function sharedKey(): Promise<SavedKey> {
  shared ??= newKey();
  return shared;
}

async function newKey(): Promise<SavedKey> {
  const { key, cert } = await makeSelfSigned('accounts.accesscontrol.windows.net');
  return { privateKey: key, certificate: cert, publishedUntil: null };
}

function newSecret(): string {
  return randomBytes(32).toString('base64');
}

function parseKey(saved: SavedKey): Key {
  const certificate = new X509Certificate(saved.certificate);
  return {
    saved,
    certificate,
    kid: thumbprint(certificate),
    privateKey: createPrivateKey(saved.privateKey),
    verified: new LRUCache({ max: MAX_VERIFIED }),
  };
}

function thumbprint(certificate: X509Certificate): string {
  return createHash('sha1').update(certificate.raw).digest('base64url');
}
