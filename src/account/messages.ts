import { type Html, html } from '../lib/html.ts';
import type { Page } from './page.ts';
import type { Refusal } from './refusal.ts';

/**
 * The page of a person who has not signed in. The sign-in leads to `page` of the account pages, or to `inTree`, a folder
 * or file; each is empty where it is not wanted.
 */
export function signInPage({ label, home, page, inTree }: Record<'label' | 'home' | 'page' | 'inTree', string>): Page {
  const to = new URLSearchParams({ ...(page === '' ? {} : { to: page }), ...(inTree === '' ? {} : { for: inTree }) });
  const query = to.size === 0 ? '' : `?${to}`;
  const button = html`<p><a class="button first" href="${home}/sign-in${query}">Sign in with ${label}</a></p>`;
  if (inTree !== '') {
    return {
      title: 'Sign in to your files',
      body: html`${button}
<p><a href="${home.replace(/-\/account$/, '')}?sign-in=basic">Sign in with a name and a password instead</a></p>`,
    };
  }
  return {
    title: 'Your files over WebDAV',
    body: html`<p>Sign in to connect your computer or phone with your files, and to see which devices are connected.</p>
${button}`,
  };
}

/** The page for a sign-in, or a form, that does not go on. */
export function refusalPage(refusal: Refusal, home: string): Page {
  const { status, title, message, cure, detail, canRetry, retryAfterSeconds } = refusal;
  return {
    status,
    title,
    headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
    body: html`<div class="notice bad"><p>${message}</p></div>
${canRetry ? html`<p><a class="button first" href="${home}/sign-in">Try again</a></p>` : undefined}
${cure === undefined && detail === undefined ? undefined : renderCure(cure, detail)}`,
  };
}

function renderCure(cure: string | undefined, detail: string | undefined): Html {
  return html`<h2>For your administrator</h2>
<dl>
${cure === undefined ? undefined : html`<dt>What to do</dt><dd>${cure}</dd>`}
${detail === undefined ? undefined : html`<dt>The service says</dt><dd><code>${detail}</code></dd>`}
</dl>`;
}

export function plainPage(status: number, title: string, message: string, home: string): Page {
  return {
    status,
    title,
    body: html`<p>${message}</p>
<p><a href="${home}/">To the start page</a></p>`,
  };
}
