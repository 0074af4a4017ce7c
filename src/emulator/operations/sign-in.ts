import { type Exchange, type Reply, readForm } from '../exchange.ts';
import { loginErrorReply } from '../login-page.ts';
import { unknownPerson } from '../person.ts';
import { type LiveSession, revive, startSession } from '../session-cookie.ts';
import type { PendingSignIn, SignInRequest } from '../sign-in.ts';
import { askNumber, askPerson, cancel, consent, proceed } from '../sign-in-flow.ts';
import type { Person } from '../tenant.ts';
import { invalidRequest } from '../token-refusal.ts';
import { findPerson } from './authorize.ts';

/** `POST` of the sign-in pages' forms: the person, the number of the second factor, the consent. */
export async function signIn(exchange: Exchange): Promise<Reply> {
  const form = await readForm(exchange);
  const pending = exchange.world.signIns.take(form.get('ticket') ?? '');
  if (pending === undefined) {
    return loginErrorReply(exchange, invalidRequest(90100, 'The page has been answered before, or was never shown.'));
  }
  if (form.get('decision') === 'cancel') {
    return cancel(exchange, pending.request);
  }
  if (pending.step === 'person') {
    return choosePerson(exchange, pending.request, form);
  }
  const live = revive(exchange, pending.session);
  return live === undefined
    ? loginErrorReply(exchange, unknownPerson('{EmailHidden}', undefined))
    : goOn(exchange, { pending, live, form });
}

function choosePerson(exchange: Exchange, request: SignInRequest, form: URLSearchParams): Reply {
  const name = form.get('login') ?? '';
  const person = form.has('person') ? readChoice(exchange, request, form.get('person')!) : findPerson(request, name);
  if (person === undefined) {
    const { code, text } = unknownPerson(name, request.tenants.length === 1 ? request.tenants[0] : undefined);
    return askPerson(exchange, request, `AADSTS${code}: ${text}`);
  }
  return proceed(exchange, request, startSession(exchange, person, false), { silent: false, hasConsented: false });
}

function goOn(
  exchange: Exchange,
  {
    pending,
    live,
    form,
  }: { pending: Exclude<PendingSignIn, { step: 'person' }>; live: LiveSession; form: URLSearchParams },
): Reply {
  const { request } = pending;
  if (pending.step === 'consent') {
    return form.get('decision') === 'accept' ? consent(exchange, request, live) : cancel(exchange, request);
  }
  return form.get('number')?.trim() === pending.number
    ? proceed(
        exchange,
        request,
        { ...live, session: { ...live.session, mfa: true } },
        { silent: false, hasConsented: false },
      )
    : askNumber(exchange, { request, live, wrong: true });
}

function readChoice(exchange: Exchange, { tenants }: SignInRequest, choice: string): Person | undefined {
  const [tenantId = '', userId = ''] = choice.split('/');
  const person = exchange.world.tenants.findPerson({ tenantId, userId });
  return person !== undefined && tenants.includes(person.tenant) ? person : undefined;
}
