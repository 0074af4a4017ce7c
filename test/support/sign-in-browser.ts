import type { MicrosoftAnswer, MicrosoftClient } from './microsoft-client.ts';

/** A page, or where the browser is sent. */
export interface BrowserAnswer extends MicrosoftAnswer {
  /** Of the page that the login host shows; undefined when it sends the browser away. */
  readonly title: string | undefined;
  /** The address that it is sent to, with the values of the query, the fragment or the posted form. */
  readonly sent: { readonly to: string; readonly parameters: Record<string, string> } | undefined;
  /** The number of an AADSTS error, on the page or on the way back. */
  readonly aadsts: number | undefined;
}

export interface SignInBrowser {
  open(url: string): Promise<BrowserAnswer>;
  /**
   * Sends the form of a page that has a control of this name; `fields` are what was typed and which button was pressed.
   */
  submit(page: BrowserAnswer, fields: Record<string, string>): Promise<BrowserAnswer>;
  /** `submit` of the button with this text. */
  press(page: BrowserAnswer, label: string): Promise<BrowserAnswer>;
  readonly cookies: Map<string, string>;
}

/** A browser without scripts: it keeps cookies, reads forms and follows nothing. */
export function signInBrowser({ plain }: Pick<MicrosoftClient, 'plain'>): SignInBrowser {
  const cookies = new Map<string, string>();
  let current = '';
  const go = async (url: string, form?: Record<string, string>): Promise<BrowserAnswer> => {
    current = url;
    const cookie = [...cookies].map(pair => pair.join('=')).join('; ');
    const answer = await plain(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: {
        ...(cookie === '' ? {} : { cookie }),
        ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === undefined ? {} : { body: new URLSearchParams(form).toString() }),
    });
    keepCookies(cookies, [answer.headers['set-cookie'] ?? []].flat());
    return read(answer);
  };
  const submit = (page: BrowserAnswer, fields: Record<string, string>) => {
    const form = formsOf(page.text).find(each => Object.keys(fields).every(name => each.names.includes(name)));
    if (form === undefined) {
      throw new Error(`no form with ${Object.keys(fields)} on the page ${page.title}`);
    }
    return go(new URL(form.action, current).href, { ...form.hidden, ...fields });
  };
  return {
    cookies,
    open: url => go(url),
    submit,
    press: (page, label) => {
      const button = buttonsOf(page.text).find(each => each.label.startsWith(label));
      if (button === undefined) {
        throw new Error(`no button ${label} on the page ${page.title}`);
      }
      return submit(page, { [button.name]: button.value });
    },
  };
}

function keepCookies(cookies: Map<string, string>, headers: readonly string[]): void {
  for (const header of headers) {
    const [pair, ...attributes] = header.split('; ');
    const [name, value] = pair!.split('=');
    if (attributes.includes('Max-Age=0')) {
      cookies.delete(name!);
    } else {
      cookies.set(name!, value!);
    }
  }
}

function read(answer: MicrosoftAnswer): BrowserAnswer {
  const title = /<title>([^<]*)<\/title>/.exec(answer.text)?.[1];
  const sent = sentBy(answer);
  const said = sent?.parameters.error_description ?? answer.text;
  const aadsts = /AADSTS(\d+)/.exec(said)?.[1];
  return { ...answer, title, sent, aadsts: aadsts === undefined ? undefined : Number(aadsts) };
}

function sentBy({ headers, text }: MicrosoftAnswer): BrowserAnswer['sent'] {
  if (typeof headers.location === 'string') {
    const url = new URL(headers.location);
    const query = url.hash === '' ? url.searchParams : new URLSearchParams(url.hash.slice(1));
    return { to: `${url.origin}${url.pathname}`, parameters: Object.fromEntries(query) };
  }
  const [form] = formsOf(text);
  return form?.action.startsWith('http') ? { to: form.action, parameters: form.hidden } : undefined;
}

interface Form {
  readonly action: string;
  readonly names: readonly string[];
  readonly hidden: Record<string, string>;
}

function formsOf(html: string): Form[] {
  return [...html.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].map(([, action, body]) => ({
    action: unescapeHtml(action!),
    names: [...body!.matchAll(/ name="([^"]*)"/g)].map(match => match[1]!),
    hidden: Object.fromEntries(
      [...body!.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(match => [
        unescapeHtml(match[1]!),
        unescapeHtml(match[2]!),
      ]),
    ),
  }));
}

function buttonsOf(html: string): { name: string; value: string; label: string }[] {
  return [...html.matchAll(/<button name="([^"]*)" value="([^"]*)"[^>]*>([\s\S]*?)<\/button>/g)].map(match => ({
    name: match[1]!,
    value: unescapeHtml(match[2]!),
    label: unescapeHtml(match[3]!),
  }));
}

function unescapeHtml(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
