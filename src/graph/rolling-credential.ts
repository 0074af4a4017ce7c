import { stableText } from '../lib/stable-text.ts';
import type { Credential } from './credential-kinds.ts';

/** The credential of an application that may be replaced while the process runs. */
export interface CredentialSource {
  /** Returns the newest one. Never rejects. */
  current(): Promise<Credential>;
  /** Returns another one to try after Microsoft has refused this one; undefined when there is none. Never rejects. */
  instead(refused: object): Promise<Credential | undefined>;
}

export interface CredentialParts {
  readonly credential: Credential;
  /** Reads it anew from its files. Absent: it is in no file. Rejects when they hold none, such as half a file. */
  readonly read?: (() => Promise<Credential>) | undefined;
}

/**
 * A credential whose files are read at each renewal of a token, and again when Microsoft refuses it. So it can be rolled
 * in either order. The one before is kept while it may still count: a new secret takes its time to be known everywhere
 * at Microsoft, and its file may be written first.
 */
export class RollingCredential implements CredentialSource {
  readonly #onUnreadable: (message: string) => void;
  #parts: CredentialParts;
  #before: Credential | undefined;
  #reading: Promise<void> | undefined;
  #complaint: string | undefined;

  /** `onUnreadable` is called once for each reason why the files could not be read. */
  constructor(parts: CredentialParts, onUnreadable: (message: string) => void = () => {}) {
    this.#parts = parts;
    this.#onUnreadable = onUnreadable;
  }

  /** Takes what another configuration says; what was there stays for `instead`. */
  replace({ credential, read }: CredentialParts): void {
    this.#renew(credential);
    this.#parts = { credential: this.#parts.credential, read };
  }

  async current(): Promise<Credential> {
    await this.#read();
    return this.#parts.credential;
  }

  async instead(refused: object): Promise<Credential | undefined> {
    const newest = await this.current();
    if (newest !== refused) {
      return newest;
    }
    const before = this.#before;
    return before === refused ? undefined : before;
  }

  /** Requests that come at the same time share one reading. */
  #read(): Promise<void> {
    this.#reading ??= this.#readNow().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readNow(): Promise<void> {
    const { read } = this.#parts;
    if (read === undefined) {
      return;
    }
    try {
      const found = await read();
      // Another configuration may have come meanwhile.
      if (read === this.#parts.read) {
        this.#renew(found);
        this.#complaint = undefined;
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#complaint) {
        this.#complaint = message;
        this.#onUnreadable(message);
      }
    }
  }

  /** Equal credentials stay the same object. */
  #renew(credential: Credential): void {
    const known = this.#parts.credential;
    if (stableText(known) !== stableText(credential)) {
      this.#before = known;
      this.#parts = { ...this.#parts, credential };
    }
  }
}
