import type { Application } from './application.ts';
import type { Tenant } from './tenant.ts';

/** What the admin-consent endpoint does: shows its page; or answers at once as if somebody had decided. */
export type Consent = 'ask' | 'accept' | 'refuse' | 'not-an-administrator';

/** What an administrator is asked. */
export interface ConsentRequest {
  readonly tenant: Tenant;
  readonly application: Application;
  readonly redirectUri: string;
  readonly state: string | null;
  /** Of the v2.0 endpoint, which gives it back; undefined for v1. */
  readonly scope: string | undefined;
}

/** Consents that are being asked for, by the ticket in their page's form; each is decided once. */
export class Consents {
  /** What happens without anybody at a browser. */
  mode: Consent;
  readonly #open = new Map<string, ConsentRequest>();

  constructor(mode: Consent) {
    this.mode = mode;
  }

  ask(ticket: string, request: ConsentRequest): void {
    this.#open.set(ticket, request);
  }

  /** What was asked is not known any more. */
  forget(): void {
    this.#open.clear();
  }

  take(ticket: string): ConsentRequest | undefined {
    const request = this.#open.get(ticket);
    this.#open.delete(ticket);
    return request;
  }
}
