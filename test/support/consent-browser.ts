import type { MicrosoftAnswer, MicrosoftClient } from './microsoft-client.ts';

/**
 * A way to pages: of the emulator's own address where it serves them in the open, or of Microsoft's names behind its
 * proxy.
 */
export type PageClient = Pick<MicrosoftClient, 'plain'>;

/** Without a proxy, like the browser of a user who tries the demo. */
export const plainBrowser: PageClient = {
  plain: async (url, { method = 'GET', headers = {}, body } = {}) => {
    const answer = await fetch(url, { method, headers, body: body as string | undefined, redirect: 'manual' });
    const bytes = Buffer.from(await answer.arrayBuffer());
    return {
      status: answer.status,
      headers: Object.fromEntries(answer.headers),
      text: bytes.toString(),
      bytes,
      json: undefined,
    };
  },
};

/** The last page in the browser: one of Microsoft's, or the one that it was sent back to. */
export interface SeenPage {
  readonly status: number;
  readonly html: string;
}

/** Goes to a consent page as an administrator's browser does, presses a button, and follows where it is sent. */
export async function decideConsent(
  microsoft: PageClient,
  url: string,
  decision: 'accept' | 'cancel' = 'accept',
): Promise<SeenPage> {
  const page = await microsoft.plain(url);
  const ticket = /name="ticket" value="([^"]+)"/.exec(page.text)?.[1];
  if (ticket === undefined) {
    return follow(page);
  }
  const answer = await microsoft.plain(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ticket, decision }).toString(),
  });
  return follow(answer);
}

/** The address of the application is on this machine. */
async function follow({ status, headers, text }: MicrosoftAnswer): Promise<SeenPage> {
  const { location } = headers;
  if (typeof location !== 'string') {
    return { status, html: text };
  }
  const answer = await fetch(location);
  return { status: answer.status, html: await answer.text() };
}
