import { request } from 'undici';

/** What a browser says of a person who types an address, or follows a link in a mail program (Fetch Metadata). */
export const OPENED = {
  accept: 'text/html',
  'sec-fetch-site': 'none',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
};
/** The same of a form of a page of ours, which tells no site where it is. */
export const SENT = { ...OPENED, 'sec-fetch-site': 'same-origin', origin: 'null' };
/** What a browser says of a script on a page of ours. */
export const SCRIPT = { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' };

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends a request with exactly these headers: `fetch` of Node adds some of a browser's. */
export async function askAs(
  url: string,
  headers: Readonly<Record<string, string>>,
  { method = 'GET', body = null }: { readonly method?: string; readonly body?: string | null } = {},
): Promise<PageAnswer> {
  const answer = await request(url, { method: method as 'GET', headers, body });
  const told = Object.entries(answer.headers).map(([name, value]) => [name, String(value)]);
  return { status: answer.statusCode, headers: Object.fromEntries(told), text: await answer.body.text() };
}
