import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NoteStore } from '../state/note-store.ts';
import { noteCause } from '../webdav/note-cause.ts';
import { type DavServices, parseRequest } from '../webdav/request.ts';
import { sendError } from '../webdav/respond.ts';
import { restoreVersion } from './actions/restore-version.ts';
import { shareAction } from './actions/share.ts';
import { unshareAction } from './actions/unshare.ts';
import { upload } from './actions/upload.ts';
import { uploadCancel } from './actions/upload-cancel.ts';
import { uploadCommit } from './actions/upload-commit.ts';
import { uploadStatus } from './actions/upload-status.ts';
import { zipAction } from './actions/zip.ts';
import { BrowserError, renderJsonError } from './errors.ts';
import { readInput } from './input.ts';
import { KnownQuotas } from './known-quotas.ts';
import type { Action, BrowserCaller, BrowserRequest, View } from './request.ts';
import { refuseOtherOrigin } from './same-origin.ts';
import { contentView } from './views/content.ts';
import { detailsView } from './views/details.ts';
import { entriesView } from './views/entries.ts';
import { searchView } from './views/search.ts';
import { sharesView } from './views/shares.ts';
import { thumbnailView } from './views/thumbnail.ts';
import { versionView } from './views/version.ts';
import { versionsView } from './views/versions.ts';
import { zipView } from './views/zip.ts';
import { ZipTickets } from './zip/tickets.ts';

/** The looks at a resource that WebDAV does not have (`GET <href>?view=…`). */
export type ViewName =
  | 'entries'
  | 'search'
  | 'details'
  | 'thumbnail'
  | 'content'
  | 'versions'
  | 'version'
  | 'shares'
  | 'zip';
/** What can be done with a resource, beyond WebDAV's methods (`POST <href>?action=…`). */
export type ActionName =
  | 'restore-version'
  | 'share'
  | 'unshare'
  | 'upload'
  | 'upload-commit'
  | 'upload-status'
  | 'upload-cancel'
  | 'zip';

/** The services that the requests of views and actions share. */
export interface BrowserServices extends DavServices {
  /** Where selections are kept. */
  readonly notes: NoteStore;
}

/** Serves a view or an action. Resolves, as WebDAV's handler does, when all work on the request is over. */
export type BrowserHandler = (raw: IncomingMessage, response: ServerResponse, caller: BrowserCaller) => Promise<void>;

type Asked = { readonly kind: 'view' | 'action'; readonly name: string; readonly query: URLSearchParams };

/** The page of a folder without scripts is WebDAV's answer. */
const PLAIN_PAGE = 'plain';
/** Paths of the server itself are not of a resource. */
const OWN_PATH = /^\/+-(?=[/?]|$)/;

/** Returns true for a request of a view or an action; all others are WebDAV's. */
export function isForBrowser(raw: IncomingMessage): boolean {
  return askedBy(raw) !== undefined;
}

export function createBrowserHandler(services: BrowserServices): BrowserHandler {
  const tickets = new ZipTickets(services.notes, services.clock);
  const views = createViews(services, tickets);
  const actions = createActions(tickets);
  return async (raw, response, caller) => {
    try {
      const { kind, name, query } = askedBy(raw)!;
      const run = kind === 'view' ? asRun(views, name) : asAction(actions, name);
      if (run === undefined) {
        throw new BrowserError(400, 'bad-request', `there is no such ${kind}`);
      }
      caller.note({ [kind]: name });
      const request = { ...caller, ...parseRequest(raw, response, { ...caller, services, ...NOT_READ }), query };
      await run(request, response);
    } catch (error) {
      noteCause(error, caller);
      sendError(response, error, services.log, renderJsonError);
    }
  };
}

const NOT_READ = { body: undefined, keeping: undefined };

/** A view without a line does not compile. */
function createViews(services: DavServices, tickets: ZipTickets): Readonly<Record<ViewName, View>> {
  const quotas = new KnownQuotas(services);
  return {
    entries: entriesView(quotas),
    search: searchView,
    details: detailsView,
    thumbnail: thumbnailView,
    content: contentView,
    versions: versionsView,
    version: versionView,
    shares: sharesView,
    zip: zipView(tickets),
  };
}

/** An action without a line does not compile. */
function createActions(tickets: ZipTickets): Readonly<Record<ActionName, Action>> {
  return {
    'restore-version': restoreVersion,
    share: shareAction,
    unshare: unshareAction,
    upload,
    'upload-commit': uploadCommit,
    'upload-status': uploadStatus,
    'upload-cancel': uploadCancel,
    zip: zipAction(tickets),
  };
}

type Run = (request: BrowserRequest, response: ServerResponse) => Promise<void>;

function asRun(views: Readonly<Record<string, View>>, name: string): Run | undefined {
  return Object.hasOwn(views, name) ? views[name] : undefined;
}

function asAction(actions: Readonly<Record<string, Action>>, name: string): Run | undefined {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  return (
    action &&
    (async (request, response) => {
      refuseOtherOrigin(request);
      await action(request, response, await readInput(request.raw, response));
    })
  );
}

function askedBy({ method = '', url = '' }: IncomingMessage): Asked | undefined {
  const kind = method === 'GET' || method === 'HEAD' ? 'view' : method === 'POST' ? 'action' : undefined;
  const at = url.indexOf('?');
  if (kind === undefined || at < 0 || OWN_PATH.test(url)) {
    return undefined;
  }
  const query = new URLSearchParams(url.slice(at + 1));
  const name = query.get(kind);
  return name === null || name === PLAIN_PAGE ? undefined : { kind, name, query };
}
