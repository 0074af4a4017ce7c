import type { IncomingMessage } from 'node:http';
import { decodeUrlPath } from '../lib/url-path.ts';
import { appOnPage, type PageApp } from '../webdav/folder-page/app-page.ts';
import { encodeHref } from '../webdav/href.ts';
import { languageFor } from '../words/words.ts';
import type { ShareVisit } from './share-door.ts';
import type { UploadPage } from './upload-page.ts';

export interface UploadPageParts {
  readonly app: PageApp | undefined;
  readonly isSecure: boolean;
  /** The names in front of the token in the client's URLs. */
  readonly prefix: readonly string[];
  /** The names in front of the server's own paths. */
  readonly server: readonly string[];
}

/** Returns the page of the share whose root a request is for; `?view=plain` is the one without scripts. */
export function describeUploadPage(
  { url = '/', headers }: IncomingMessage,
  { share }: ShareVisit,
  { app, isSecure, prefix, server }: UploadPageParts,
): UploadPage {
  const [token = ''] = decodeUrlPath(url).names;
  const name = share.names.at(-1)!;
  const root = encodeHref([...prefix, token], 'folder');
  const isPlain = url.includes('?');
  return {
    name,
    root,
    base: `${isSecure ? 'https' : 'http'}://${headers.host ?? 'localhost'}${root}`,
    hasPassword: share.passwordHash !== undefined,
    language: languageFor(headers),
    app:
      isPlain || app === undefined
        ? undefined
        : appOnPage(app, { root, server: encodeHref(server, 'folder'), takesFilesAs: name }),
  };
}
