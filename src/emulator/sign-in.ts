import type { Application } from './application.ts';
import type { Tenant } from './tenant.ts';

/**
 * Who signs in: whoever chooses on the page; nobody, because it is cancelled; or one person, without a browser. A
 * person is named by the address that they sign in with. By default they confirm what a second factor asks and consent
 * to what they are asked.
 */
export type SignIn =
  | 'page'
  | 'cancel'
  | { readonly as: string; readonly confirms?: boolean; readonly consents?: boolean };

/** What a person's sign-in asks for. */
export interface Scopes {
  readonly openid: readonly string[];
  /** Graph's, by their short names; `.default` for everything that was consented to. */
  readonly graph: readonly string[];
}

export type ResponseMode = 'query' | 'fragment' | 'form_post';

export type Prompt = 'none' | 'login' | 'select_account' | 'consent';

/** Where an answer to an application goes, and how. */
export interface ReturnAddress {
  readonly redirectUri: string;
  readonly responseMode: ResponseMode;
  readonly state: string | null;
}

/** PKCE (RFC 7636 §4.3). */
export interface Challenge {
  readonly value: string;
  readonly method: 'S256' | 'plain';
}

/** What an application asks the login host for: a person (OpenID Connect Core §3.1.2.1). */
export interface SignInRequest extends ReturnAddress {
  /** The first segment of the address: a tenant, `common` or `organizations`. */
  readonly authority: string;
  /** Whose people may sign in. */
  readonly tenants: readonly Tenant[];
  readonly application: Application;
  /** Where the application is registered. */
  readonly home: Tenant;
  readonly nonce: string | null;
  readonly scopes: Scopes;
  readonly prompt: Prompt | undefined;
  readonly loginHint: string | null;
  readonly challenge: Challenge | undefined;
  /** MSAL's: who the account is, beside the code and beside the tokens. */
  readonly wantsClientInfo: boolean;
}

/** Somebody who has signed in, as a browser's cookie remembers it. */
export interface Session {
  readonly sid: string;
  readonly tenantId: string;
  readonly userId: string;
  /** Milliseconds since 1970. */
  readonly signedIn: number;
  /** Whether the second factor was confirmed. */
  readonly mfa: boolean;
}

/** A page that waits for its form. */
export type PendingSignIn =
  | { readonly step: 'person'; readonly request: SignInRequest }
  | { readonly step: 'mfa'; readonly request: SignInRequest; readonly session: Session; readonly number: string }
  | { readonly step: 'consent'; readonly request: SignInRequest; readonly session: Session };

/** Sign-ins that are under way, by the ticket in their page's form; each page is answered once. */
export class SignIns {
  mode: SignIn;
  readonly #pending = new Map<string, PendingSignIn>();
  /** Codes that were redeemed, with the time in which each may be forgotten because it has ended anyway. */
  readonly #redeemed = new Map<string, number>();

  constructor(mode: SignIn) {
    this.mode = mode;
  }

  wait(ticket: string, pending: PendingSignIn): void {
    this.#pending.set(ticket, pending);
  }

  take(ticket: string): PendingSignIn | undefined {
    const pending = this.#pending.get(ticket);
    this.#pending.delete(ticket);
    return pending;
  }

  isRedeemed(code: string): boolean {
    return this.#redeemed.has(code);
  }

  redeem(code: string, { ends, now }: { ends: number; now: number }): void {
    for (const [each, until] of this.#redeemed) {
      if (until <= now) {
        this.#redeemed.delete(each);
      }
    }
    this.#redeemed.set(code, ends);
  }
}
