import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor, ControlActions } from '../control/actions.ts';
import type { Status } from '../control/status.ts';
import { type Html, html } from '../lib/html.ts';
import { readBody } from '../lib/read-body.ts';
import { renderDevices, renderFeeds, renderLocks, renderRequests } from './activity.ts';
import { StatusEvents } from './events.ts';
import { renderMounts, renderProblems, renderSpace, renderSummary, renderTenants } from './overview.ts';
import { send, sendBack, sendPage } from './page.ts';

export type OperatorActions = Pick<ControlActions, 'status' | 'breakLocks' | 'revokePasswords' | 'signOut'>;

export interface StatusPageParts {
  readonly actions: OperatorActions;
  readonly isDraining: () => boolean;
  /** In milliseconds since 1970. */
  readonly now: () => number;
}

/** A request for the page, by somebody who has signed in. */
export interface StatusVisit {
  readonly actor: Actor;
  readonly isOperator: boolean;
}

export type AnswerStatus = (request: IncomingMessage, response: ServerResponse, visit: StatusVisit) => Promise<void>;

/** The place of the page, below the base path. */
const STATUS_PATH = /^\/-\/status\/?(?=\?|$)/;
const MAX_FORM_BYTES = 16 * 1024;

type Fields = (name: string) => string;

/** What the buttons do. */
const ACTIONS: Readonly<Record<string, (actions: OperatorActions, fields: Fields, actor: Actor) => Promise<unknown>>> =
  {
    'break-lock': (actions, field, actor) => actions.breakLocks([field('token')], actor),
    'revoke-password': (actions, field, actor) => actions.revokePasswords([field('id')], actor),
    'sign-out': (actions, field, actor) => actions.signOut({ userId: field('userId'), name: field('name') }, actor),
  };

export function isStatusPath(target: string): boolean {
  return STATUS_PATH.test(target);
}

/**
 * Creates the page on which operators see what the server does, as `status --json` says it, and end locks and device
 * passwords. It works without scripts; with them it shows each new state (`?view=events`, server-sent events). The JSON
 * is at `?view=json`.
 */
export function createStatusPage({ actions, isDraining, now }: StatusPageParts): AnswerStatus {
  const render = async () => renderStatus(await actions.status(), now());
  const events = new StatusEvents({ render: async () => String(await render()), isDraining, now });
  return async (request, response, { actor, isOperator }) => {
    const query = new URLSearchParams(request.url!.split(/\?(.*)/s, 2)[1] ?? '');
    if (!isOperator) {
      refuse(response, 403, 'This page is for operators', 'Your account is not one of them.');
      return;
    }
    if (request.method === 'POST') {
      await act(request, response, { actions, actor, name: query.get('action') ?? '' });
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD, POST');
      refuse(response, 405, 'This page works in another way', 'It can be read, and its buttons be pressed.');
      return;
    }
    const view = query.get('view');
    if (view === 'events' && request.method === 'GET') {
      await events.serve(response);
    } else if (view === 'json') {
      const text = JSON.stringify(await actions.status());
      send(response, { status: 200, type: 'application/json', text: request.method === 'HEAD' ? '' : text });
    } else {
      sendPage(response, 200, 'Server status', await render());
    }
  };
}

function renderStatus(status: Status, now: number): Html {
  return html`${renderSummary(status, now)}
${renderProblems(status)}
${renderTenants(status.tenants, now)}
${renderMounts(status.mounts, now)}
${renderSpace(status.space, now)}
${renderRequests(status.requests, now)}
${renderFeeds(status.feeds)}
${renderLocks(status.locks, now)}
${renderDevices(status.devices, now)}`;
}

async function act(
  request: IncomingMessage,
  response: ServerResponse,
  { actions, actor, name }: { readonly actions: OperatorActions; readonly actor: Actor; readonly name: string },
): Promise<void> {
  if (!isOwnForm(request)) {
    refuse(response, 403, 'Another page has sent this', 'Nothing was changed.');
    return;
  }
  const run = Object.hasOwn(ACTIONS, name) ? ACTIONS[name]! : undefined;
  const isForm = /^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers['content-type'] ?? '');
  const text = run !== undefined && isForm ? await readBody(request, response, MAX_FORM_BYTES) : undefined;
  if (run === undefined || text === undefined) {
    refuse(response, 400, 'This form cannot be read', 'Nothing was changed.');
    return;
  }
  const fields = new URLSearchParams(text);
  await run(actions, field => fields.get(field) ?? '', actor);
  // A relative address: proxies may have put names before ours.
  sendBack(response, '?');
}

/** Browsers say where a form comes from, and no page can write it (Fetch Metadata; `Origin` in older ones). */
function isOwnForm({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return site === undefined ? hostOf(headers.origin) === headers.host : site === 'same-origin';
}

function hostOf(origin: string | undefined): string | undefined {
  return origin === undefined ? '' : URL.parse(origin)?.host;
}

function refuse(response: ServerResponse, status: number, title: string, words: string): void {
  sendPage(response, status, title, html`<h1>${title}</h1><p>${words}</p><p><a href="?">To the status page</a></p>`);
}
