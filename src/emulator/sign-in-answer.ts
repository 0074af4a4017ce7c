import { type Exchange, now, type Reply } from './exchange.ts';
import { escapeHtml, loginPage } from './login-page.ts';
import type { ReturnAddress } from './sign-in.ts';
import { describeRefusal, errorUri, type Refusal } from './token-refusal.ts';

/**
 * Sends the browser back to the application, in the requested mode (OAuth 2.0 Multiple Response Types §2.1, Form
 * Post Response Mode).
 */
export function answer(address: ReturnAddress, parameters: Record<string, string>): Reply {
  const { redirectUri, responseMode, state } = address;
  const all = { ...parameters, ...(state === null ? {} : { state }) };
  if (responseMode === 'form_post') {
    return { status: 200, headers: { 'cache-control': 'no-store' }, html: formPostPage(redirectUri, all) };
  }
  const url = new URL(redirectUri);
  if (responseMode === 'fragment') {
    url.hash = new URLSearchParams(all).toString();
  } else {
    for (const [name, value] of Object.entries(all)) {
      url.searchParams.append(name, value);
    }
  }
  return { status: 302, headers: { location: url.href, 'cache-control': 'no-store' } };
}

/** Sends the error instead of a code. `subcode`: `cancel` where it is the person's own decision. */
export function answerRefusal(
  exchange: Exchange,
  address: ReturnAddress,
  { refusal, subcode }: { refusal: Refusal; subcode?: string },
): Reply {
  const { description } = describeRefusal(refusal, now(exchange), exchange.world.settings.ids);
  return answer(address, {
    error: refusal.error,
    ...(subcode === undefined ? {} : { error_subcode: subcode }),
    error_description: description,
    error_uri: errorUri(refusal),
  });
}

function formPostPage(action: string, parameters: Record<string, string>): string {
  const fields = Object.entries(parameters).map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  return loginPage(
    'Working...',
    `<form method="post" action="${escapeHtml(action)}">
        ${fields.join('')}
        <p>Your browser goes on by itself if it runs scripts.</p>
        <button class="first">Continue</button>
      </form>
      <script>document.forms[0].submit()</script>`,
  );
}
