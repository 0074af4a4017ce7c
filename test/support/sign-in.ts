import * as openid from 'openid-client';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { type MicrosoftClient, microsoftClient } from './microsoft-client.ts';
import { type OpenidOptions, type OpenidParty, openidParty } from './openid.ts';
import { type BrowserAnswer, type SignInBrowser, signInBrowser } from './sign-in-browser.ts';

export const CALLBACK = 'https://files.example/-/account/callback';

/** The parts that an application and a browser need for a sign-in. */
export interface SignInBench {
  readonly client: MicrosoftClient;
  readonly party: OpenidParty;
  readonly browser: SignInBrowser;
  /** The address to send a browser to; null leaves out a parameter. */
  url(changes?: Record<string, string | null>): string;
  open(changes?: Record<string, string | null>): Promise<BrowserAnswer>;
  /** Redeems the code that the browser has brought back, with every check that openid-client makes. */
  redeem(
    answer: BrowserAnswer,
    checks?: Partial<openid.AuthorizationCodeGrantChecks>,
  ): ReturnType<typeof openid.authorizationCodeGrant>;
  /** A request to the token endpoint by hand. */
  token(form: Record<string, string>, tenant?: string): ReturnType<MicrosoftClient['plain']>;
  close(): Promise<void>;
}

export const VERIFIER = 'a-verifier-of-more-than-forty-three-characters_~.';
export const STATE = 'state & more';
export const NONCE = 'nonce-1';

export async function signInBench(emulator: Emulator, options: OpenidOptions = {}): Promise<SignInBench> {
  const client = await microsoftClient(emulator);
  const party = await openidParty(emulator, options);
  const browser = signInBrowser(client);
  const challenge = await openid.calculatePKCECodeChallenge(VERIFIER);
  const url = (changes: Record<string, string | null> = {}) => {
    const usual: Record<string, string> = {
      redirect_uri: CALLBACK,
      scope: 'openid profile email offline_access User.Read',
      code_challenge: challenge,
      code_challenge_method: 'S256',
      state: STATE,
      nonce: NONCE,
    };
    const built = openid.buildAuthorizationUrl(party.config, usual);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) {
        built.searchParams.delete(name);
      } else {
        built.searchParams.set(name, value);
      }
    }
    return built.href;
  };
  const token = (form: Record<string, string>, tenant = options.tenant ?? emulator.tenantId) =>
    client.plain(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: emulator.clientId,
        client_secret: emulator.clientSecret,
        ...form,
      }).toString(),
    });
  return {
    ...{ client, party, browser, url, token },
    open: changes => browser.open(url(changes)),
    redeem: (answer, checks = {}) => {
      const callback = new URL(CALLBACK);
      callback.search = new URLSearchParams(answer.sent!.parameters).toString();
      return openid.authorizationCodeGrant(party.config, callback, {
        pkceCodeVerifier: VERIFIER,
        expectedState: STATE,
        expectedNonce: NONCE,
        idTokenExpected: true,
        ...checks,
      });
    },
    close: async () => {
      await party.close();
      await client.close();
    },
  };
}
