import type { Application } from './application.ts';
import type { Tenant } from './tenant.ts';

/** The behaviour of the admin-consent endpoint: show its page, or answer at once as if somebody had decided. */
export type Consent = 'ask' | 'accept' | 'refuse' | 'not-an-administrator';

/** A request for an administrator's consent. */
export interface ConsentRequest {
  readonly tenant: Tenant;
  readonly application: Application;
  readonly redirectUri: string;
  readonly state: string | null;
  /** The scope of the v2.0 endpoint, which returns it; undefined for v1. */
  readonly scope: string | undefined;
}

/** Open consent requests by the ticket in their page's form; each is decided once. */
export class Consents {
  /** The behaviour without a person at a browser. */
  mode: Consent;
  readonly #open = new Map<string, ConsentRequest>();

  constructor(mode: Consent) {
    this.mode = mode;
  }

  ask(ticket: string, request: ConsentRequest): void {
    this.#open.set(ticket, request);
  }

  /** The request is not known any more. */
  forget(): void {
    this.#open.clear();
  }

  take(ticket: string): ConsentRequest | undefined {
    const request = this.#open.get(ticket);
    this.#open.delete(ticket);
    return request;
  }
}
