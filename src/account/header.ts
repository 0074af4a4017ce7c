import { type Html, html } from '../lib/html.ts';
import { makeFormToken } from './tokens.ts';
import type { OwnVisit } from './visit.ts';

/** What each form does; a token of one is good for no other. */
export type FormPurpose = 'make' | 'connect' | 'revoke' | 'revoke-all' | 'sign-out';

/** The hidden field that proves that a form is of this session. */
export function tokenField({ signedIn }: OwnVisit, purpose: FormPurpose): Html {
  return html`<input type="hidden" name="token" value="${makeFormToken(signedIn.session.formSecret, purpose)}">`;
}

/** The top of each page of a person: their name and the way out. */
export function renderHeader(visit: OwnVisit): Html {
  const { displayName, principal } = visit.signedIn.admitted.person;
  return html`<header>
<p class="who"><bdi>${displayName}</bdi> <span><bdi>${principal}</bdi></span></p>
<form method="post" action="${visit.home}/sign-out">${tokenField(visit, 'sign-out')}<button>${visit.words.signOut}</button></form>
</header>`;
}
