import type { ServerResponse } from 'node:http';
import type { Sharing } from '../shares/sharing.ts';
import type { DavCaller, DavRequest } from '../webdav/request.ts';

/** The sender of a request, as the app in the browser shows them. */
export interface BrowserCaller extends DavCaller {
  /** The user's name for people; `user` is what locks are kept by. */
  readonly displayName: string;
  /** True when the user has account pages. */
  readonly hasAccount: boolean;
  /** True when the page of operators opens for the user. */
  readonly hasStatus: boolean;
  /** Undefined: the user can share nothing. */
  readonly sharing?: Sharing | undefined;
  /** Asked in the midst of a long answer: false when the next request would be refused. Undefined: nobody is asked. */
  readonly isOpenStill?: (() => Promise<boolean>) | undefined;
}

/** A request for a view or an action of the resource at `path`; it has the same drive as a WebDAV method. */
export interface BrowserRequest extends DavRequest, Omit<BrowserCaller, keyof DavCaller> {
  /** The query of its URL. */
  readonly query: URLSearchParams;
}

/** Answers a view: a look at a resource that WebDAV does not have. It changes nothing. */
export type View = (request: BrowserRequest, response: ServerResponse) => Promise<void>;

/** Does an action, and answers it. `input` is the JSON object of the request. */
export type Action = (
  request: BrowserRequest,
  response: ServerResponse,
  input: Readonly<Record<string, unknown>>,
) => Promise<void>;
