import { type Html, html } from '../lib/html.ts';
import type { AccountWords, RefusalWords } from '../words/languages/account/en.ts';
import { nameIn } from '../words/name.ts';
import type { Page } from './page.ts';
import type { Refusal } from './refusal.ts';

/**
 * The page of a person who has not signed in. The sign-in leads to `page` of the account pages, or to `inTree`, a folder
 * or file; each is empty where it is not wanted.
 */
export function signInPage(
  { label, home, page, inTree }: Record<'label' | 'home' | 'page' | 'inTree', string>,
  words: AccountWords,
): Page {
  const to = new URLSearchParams({ ...(page === '' ? {} : { to: page }), ...(inTree === '' ? {} : { for: inTree }) });
  const query = to.size === 0 ? '' : `?${to}`;
  const button = html`<p><a class="button first" href="${home}/sign-in${query}">${words.signInWith(label)}</a></p>`;
  if (inTree !== '') {
    return {
      title: words.signIn,
      body: html`${button}
<p><a href="${home.replace(/-\/account$/, '')}?sign-in=basic">${words.byPassword}</a></p>`,
    };
  }
  return {
    title: words.welcome,
    body: html`<p>${words.what}</p>
${button}`,
  };
}

/** The page for a sign-in, or a form, that does not go on. */
export function refusalPage(refusal: Refusal, home: string, words: AccountWords): Page {
  const { status, cure, detail, canRetry, retryAfterSeconds } = refusal;
  const { title, message } = wordsOf(refusal, words);
  return {
    status,
    title,
    headers: retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) },
    body: html`<div class="notice bad"><p>${message}</p></div>
${canRetry ? html`<p><a class="button first" href="${home}/sign-in">${words.tryAgain}</a></p>` : undefined}
${cure === undefined && detail === undefined ? undefined : renderCure(cure, detail, words)}`,
  };
}

/** The words by the reason; in English the refusal has its own, which may say more. */
function wordsOf(refusal: Refusal, words: AccountWords): { readonly title: string; readonly message: Html | string } {
  const { reason, attempted = '', retryAfterSeconds = 0 } = refusal;
  const own = { title: refusal.title, message: refusal.message };
  const known: RefusalWords = Object.hasOwn(words.refusals, reason)
    ? words.refusals[reason]!
    : (words.otherRefusal ?? own);
  const { title, message } = known;
  const values = { attempted: nameIn(attempted), seconds: String(retryAfterSeconds) };
  return { title, message: typeof message === 'string' ? message : message(values) };
}

/** In English, in which an administrator looks it up. */
function renderCure(cure: string | undefined, detail: string | undefined, words: AccountWords): Html {
  return html`<h2>${words.forAdmin}</h2>
<dl>
${cure === undefined ? undefined : html`<dt>${words.whatToDo}</dt><dd lang="en">${cure}</dd>`}
${detail === undefined ? undefined : html`<dt>${words.serviceSays}</dt><dd><code>${detail}</code></dd>`}
</dl>`;
}

/** A page with a sentence, and the way to the start page. */
export function plainPage(
  { status, title, message }: { readonly status: number; readonly title: string; readonly message: Html | string },
  home: string,
  words: AccountWords,
): Page {
  return {
    status,
    title,
    body: html`<p>${message}</p>
<p><a href="${home}/">${words.toStart}</a></p>`,
  };
}
