import type { Application } from './application.ts';
import type { ApiScopes } from './exposed-api.ts';
import type { Tenant } from './tenant.ts';

/**
 * Who signs in: the person chosen on the page; nobody, because it is cancelled; or one person, without a browser. A
 * person is named by their sign-in address. By default they confirm the second factor and consent
 * to all requests.
 */
export type SignIn =
  | 'page'
  | 'cancel'
  | { readonly as: string; readonly confirms?: boolean; readonly consents?: boolean };

/** The scopes of a person's sign-in. */
export interface Scopes {
  readonly openid: readonly string[];
  /** Graph's scopes, by their short names; `.default` for all consented ones. */
  readonly graph: readonly string[];
  /** Those of another API; then there are none of Graph, since a token has one audience. */
  readonly api?: ApiScopes | undefined;
}

export type ResponseMode = 'query' | 'fragment' | 'form_post';

export type Prompt = 'none' | 'login' | 'select_account' | 'consent';

/** The destination and mode of an answer to an application. */
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

/** An application's request for a sign-in (OpenID Connect Core §3.1.2.1). */
export interface SignInRequest extends ReturnAddress {
  /** The first segment of the address: a tenant, `common` or `organizations`. */
  readonly authority: string;
  /** The tenants whose people may sign in. */
  readonly tenants: readonly Tenant[];
  readonly application: Application;
  /** The tenant of the application's registration. */
  readonly home: Tenant;
  readonly nonce: string | null;
  readonly scopes: Scopes;
  readonly prompt: Prompt | undefined;
  readonly loginHint: string | null;
  readonly challenge: Challenge | undefined;
  /** Whether MSAL's `client_info`, the account, is added to the code and the tokens. */
  readonly wantsClientInfo: boolean;
}

/** A person's session, as stored in a browser's cookie. */
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

/** Open sign-ins, by the ticket in their page's form; each page is answered once. */
export class SignIns {
  mode: SignIn;
  readonly #pending = new Map<string, PendingSignIn>();
  /** Redeemed codes, with the time after which each may be forgotten because it has expired. */
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
