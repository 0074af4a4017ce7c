import { randomBytes } from 'node:crypto';
import { cloudOf } from '../graph/clouds.ts';
import { isGraphError } from '../graph/errors.ts';
import type { Clock } from '../lib/clock.ts';
import type { Access, Registration } from './access.ts';
import type { ConsentAnswer } from './consent-answer.ts';
import { type ConsentListener, openConsentListener } from './consent-listener.ts';
import type { Dialogue } from './dialogue.ts';
import { SetupError } from './errors.ts';
import type { SetupOptions } from './options.ts';
import { consentHost, registrationLink } from './portals.ts';

const STATE_BYTES = 24;
const TICK_MS = 1_000;
/** Consent may also be given elsewhere: in Entra, or in a browser that cannot reach this machine. */
const LOOK_EVERY_MS = 10_000;

/** Returns the URL to which the consent page sends the browser; Entra compares it exactly. */
export function redirectUriOf(options: Pick<SetupOptions, 'publicUrl' | 'consentPort'>): string {
  return comesByProxy(options)
    ? `${options.publicUrl!.replace(/\/$/, '')}/-/consent`
    : `http://localhost:${options.consentPort}/consent`;
}

/** Entra redirects to plain http only on the browser's own machine. */
function comesByProxy({ publicUrl }: Pick<SetupOptions, 'publicUrl'>): boolean {
  return publicUrl?.startsWith('https:') ?? false;
}

export interface ConsentParts {
  readonly registration: Registration & { readonly clientId: string };
  readonly options: SetupOptions;
  readonly access: Access;
  /** Tells whether these roles suffice. */
  readonly isEnough: (roles: readonly string[]) => boolean;
  readonly dialogue: Dialogue;
  /** Opens a page for the person at this machine; undefined where nobody would see it. */
  readonly openBrowser: ((url: string) => Promise<void>) | undefined;
  readonly clock: Clock;
}

/** `elsewhere`: nobody came back, but new tokens have the roles. */
export type ConsentOutcome = ConsentAnswer | { readonly kind: 'elsewhere' };

/**
 * Sends an administrator to the consent page and waits until they come back or the roles appear in new tokens. Throws
 * SetupError when the time is up.
 */
export async function askForConsent(parts: ConsentParts, signal: AbortSignal): Promise<ConsentOutcome> {
  const { dialogue, options, openBrowser } = parts;
  const state = randomBytes(STATE_BYTES).toString('base64url');
  // Any page in a browser of this machine could send thousands.
  const tellOfForeign = once(() => dialogue.tell('An answer with a different state arrived and was ignored.'));
  const listener = await listen(options, { state, onForeign: tellOfForeign });
  const ended = new AbortController();
  const waiting = AbortSignal.any([signal, ended.signal]);
  try {
    const redirectUri = redirectUriOf({ ...options, consentPort: listener.port });
    const url = consentUrl(parts, { state, redirectUri });
    dialogue.tell(renderInvitation(parts.registration, url, redirectUri));
    await openBrowser?.(url).catch(() => dialogue.tell('The browser could not be opened; open the address yourself.'));
    return await Promise.race([
      listener.answer,
      untilRolesAppear(parts, waiting),
      untilTimeIsUp(parts, { redirectUri, signal: waiting }),
    ]);
  } finally {
    ended.abort();
    dialogue.progress.clear();
    await listener.close();
  }
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      act();
    }
  };
}

function renderInvitation({ cloud, clientId }: ConsentParts['registration'], url: string, redirectUri: string): string {
  return [
    'Open this address, sign in as a Privileged Role Administrator or Global Administrator, and accept:',
    '',
    `  ${url}`,
    '',
    `The browser then comes back to ${redirectUri}`,
    '  If it shows AADSTS50011 instead, this redirect URI is not registered: add it to the application, for Web, at',
    `  ${registrationLink(cloud, 'Authentication', clientId)}`,
    '  On another machine the last page stays blank; setup notices the consent anyway.',
  ].join('\n');
}

/** Listens where the server will listen when a public URL leads there by proxy; else on this machine only. */
async function listen(options: SetupOptions, rest: { state: string; onForeign: () => void }): Promise<ConsentListener> {
  const byProxy = comesByProxy(options);
  const address = byProxy ? options.listen : { host: '127.0.0.1', port: options.consentPort };
  try {
    return await openConsentListener({ ...address, ...rest });
  } catch (cause) {
    const flag = byProxy ? '--listen' : '--consent-port';
    throw new SetupError(
      `cannot wait for the browser on ${address.host}:${address.port} (${(cause as Error).message}); choose another port with ${flag}`,
      { cause },
    );
  }
}

function consentUrl(
  { registration, options }: ConsentParts,
  { state, redirectUri }: { state: string; redirectUri: string },
): string {
  const { cloud, tenantId, clientId } = registration;
  const { authorityHost, graphUrl } = cloudOf(cloud, options);
  const base = options.consentBase ?? options.authorityHost ?? consentHost(cloud, authorityHost);
  const query = new URLSearchParams({
    client_id: clientId,
    // For application permissions this scope means all permissions of the registration.
    scope: `${graphUrl}/.default`,
    redirect_uri: redirectUri,
    state,
  });
  return `${base}/${encodeURIComponent(tenantId)}/v2.0/adminconsent?${query}`;
}

async function untilRolesAppear(
  { access, isEnough, clock }: ConsentParts,
  signal: AbortSignal,
): Promise<{ kind: 'elsewhere' }> {
  for (;;) {
    await clock.sleep(LOOK_EVERY_MS, signal);
    const roles = await access.roles(signal).catch((error: unknown) => {
      // Microsoft may be unreachable for a while; `untilTimeIsUp` bounds the time.
      if (!isGraphError(error)) {
        throw error;
      }
      return [];
    });
    if (isEnough(roles)) {
      return { kind: 'elsewhere' };
    }
  }
}

async function untilTimeIsUp(
  { dialogue, options, clock, registration }: ConsentParts,
  { redirectUri, signal }: { redirectUri: string; signal: AbortSignal },
): Promise<never> {
  const end = clock.now() + options.consentTimeout * 1000;
  for (let left = end - clock.now(); left > 0; left = end - clock.now()) {
    const seconds = Math.ceil(left / 1000);
    const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    dialogue.progress.show(`waiting for consent, ${time} left (AADSTS50011: see above)`);
    await clock.sleep(Math.min(TICK_MS, left), signal);
  }
  const link = registrationLink(registration.cloud, 'Authentication', registration.clientId);
  throw new SetupError(
    [
      `nobody has come back from the consent page within ${options.consentTimeout} s, and the application still has no permission`,
      `  If the browser showed AADSTS50011, the redirect URI is not registered exactly. Open ${link}`,
      `  > Add a platform > Web, enter ${redirectUri} and save; then run setup again.`,
      '  If the page was open on another machine, consent there and run setup again: it notices the consent.',
    ].join('\n'),
  );
}
