import type { IncomingMessage, ServerResponse } from 'node:http';
import { Attempts } from '../auth/attempts.ts';
import type { Audit } from '../auth/audit.ts';
import { createGuesses } from '../auth/authenticate.ts';
import type { User } from '../auth/user.ts';
import type { UserSource } from '../auth/user-source.ts';
import type { BrowserHandler } from '../browser/handler.ts';
import type { Config } from '../config/load.ts';
import type { Drive } from '../drive/drive.ts';
import { OUTSIDE_NAMES, type Outside } from '../http/outside.ts';
import { runFor } from '../lib/caller.ts';
import type { Clock } from '../lib/clock.ts';
import { foldName } from '../lib/fold-name.ts';
import type { Keep } from '../lib/lasting.ts';
import type { Log } from '../lib/log.ts';
import type { MountTable } from '../mounts/mount-table.ts';
import type { Rights } from '../mounts/rights.ts';
import type { People } from '../people/people.ts';
import { describeUploadPage } from '../shares/describe-upload-page.ts';
import { DownloadCounts } from '../shares/download-counts.ts';
import { createPasswordCookies } from '../shares/password-cookie.ts';
import { receiveForm } from '../shares/receive-form.ts';
import { serveShare } from '../shares/serve-share.ts';
import { createShareDoor, type ShareDoorOptions, type ShareVisit } from '../shares/share-door.ts';
import { createSharePasswordCheck } from '../shares/share-passwords.ts';
import { compileShareRules } from '../shares/share-rules.ts';
import { createSharing, type Sharing } from '../shares/sharing.ts';
import { sendUploadPage, type UploadPage } from '../shares/upload-page.ts';
import type { State } from '../state/state.ts';
import type { DavServices } from '../webdav/request.ts';
import { configuredUsers } from './doors.ts';
import type { LimitsOfUsers } from './limits.ts';

export interface SharesParts {
  readonly state: Pick<State, 'shares' | 'notes' | 'codeOf' | 'peers'>;
  readonly people: People;
  readonly usersFile?: UserSource;
  readonly mounts: MountTable;
  readonly viewFor: (rights: Rights) => Drive;
  readonly userLimits: LimitsOfUsers;
  /** WebDAV, with the views and actions of the app in the browser. */
  readonly handle: BrowserHandler;
  readonly services: DavServices;
  /** Counts each verdict of the door. */
  readonly count: (outcome: string) => void;
  readonly audit: Audit;
  /** For tests. */
  readonly hashPassword?: ((password: string) => Promise<string>) | undefined;
  readonly keep: Keep;
  readonly log: Log;
  readonly clock: Clock;
}

/** What a listener serves of shares, and what users may do with them; nothing where the configuration has none. */
export interface Shares {
  readonly outside?: Outside;
  readonly sharingOf: (user: User, address: string) => Sharing | undefined;
}

type SharesConfig = Pick<Config, 'shares' | 'users' | 'limits' | 'auth' | 'publicUrls'>;

/** Creates the shares of a configuration. Counted guesses outlast a reload. */
export function createShares(config: SharesConfig, parts: SharesParts): Shares {
  if (config.shares === null) {
    return { sharingOf: () => undefined };
  }
  const { state, audit, keep, clock } = parts;
  const store = state.shares;
  const sharedAs = (gate: string) => ({ peers: state.peers, gate });
  const rules = compileShareRules(config.shares);
  const mountOf = mountsOf(parts.mounts);
  const cacheSeconds = config.auth.credentialCacheSeconds;
  const guesses = keep.use(
    'guesses at shares',
    [cacheSeconds],
    () => createGuesses({ cacheSeconds, clock, shared: sharedAs('passwords of shares') }),
    {
      end: ({ gate }) => gate.end(),
    },
  );
  const cookies = createPasswordCookies({ codeOf: state.codeOf, rules, clock });
  const enter = createShareDoor({
    ...{ store, rules, mountOf, audit, clock },
    ownerOf: ownersOf(config, parts),
    viewOf: (owner, share) => parts.userLimits.limit(parts.viewFor(owner.rights), visitorOf(share, owner)),
    checkPassword: createSharePasswordCheck({
      cacheSeconds,
      guesses,
      cookies,
      whenTaken: keep.whenTaken,
      audit,
      clock,
    }),
    attempts: keep.use('attempts at shares', [], () => new Attempts(clock, { shared: sharedAs('shares') }), {
      end: each => each.end(),
    }),
    notes: state.notes,
    counts: new DownloadCounts(store, clock),
  });
  return {
    outside: (request, response, visit) =>
      serveShare(request, response, {
        ...{ enter, cookies, origin: visit.origin, publicUrls: config.publicUrls },
        ...{ note: visit.note, count: parts.count, log: parts.log },
        uploadPage: (asked, opened) => uploadPageOf(asked, opened, visit.origin, parts),
        open: async opened => {
          visit.noteMount(opened.mount);
          visit.note({ share: opened.share.id });
          const visitor = visitorOf(opened.share.id, opened.owner);
          if (await visit.admit(visitor)) {
            const caller = { user: visitor.name, connection: request.socket, trace: visit.trace };
            await runFor(caller, () => serve(request, response, { opened, visitor, visit, parts }));
          }
        },
      }),
    sharingOf: createSharing({
      store,
      rules,
      mountOf,
      publicUrls: config.publicUrls,
      codeOf: state.codeOf,
      audit,
      clock,
      hash: parts.hashPassword,
    }),
  };
}

interface Serving {
  readonly opened: ShareVisit;
  readonly visitor: User;
  readonly visit: Parameters<Outside>[2];
  readonly parts: SharesParts;
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { opened, visitor, visit, parts }: Serving,
): Promise<void> {
  const caller = callerOf(opened, visitor, visit);
  if (opened.uploads === undefined || request.method !== 'POST') {
    await parts.handle(request, response, caller);
    return;
  }
  await receiveForm(request, response, {
    caller,
    services: parts.services,
    answer: (status, sent) =>
      sendUploadPage(response, { ...uploadPageOf(request, opened, visit.origin, parts), app: undefined, sent }, status),
  });
}

function uploadPageOf(
  request: IncomingMessage,
  opened: ShareVisit,
  origin: Parameters<Outside>[2]['origin'],
  { services }: SharesParts,
): UploadPage {
  return describeUploadPage(request, opened, { ...origin, app: services.app, server: serverOf(origin) });
}

/** Visitors count as one user of their own, with the limits of the owner: they cannot shut the owner out. */
function visitorOf(share: string, { rights, limits }: User): User {
  // No user of the configuration has a colon in the name.
  return { name: `share:${share}`, rights, ...(limits === undefined ? {} : { limits }) };
}

function callerOf(
  { share, drive, owner, isCounted, isOpenStill }: ShareVisit,
  visitor: User,
  { origin, note }: Parameters<Outside>[2],
): Parameters<BrowserHandler>[2] {
  const below = share.target === 'file' ? share.names.slice(0, -1) : share.names;
  return {
    ...origin,
    drive,
    user: visitor.name,
    displayName: '',
    hasAccount: false,
    hasStatus: false,
    isOpenStill,
    userPolicy: isCounted ? 'proxy' : owner.download,
    note,
    part: { name: share.names.at(-1)!, names: below, server: serverOf(origin) },
  };
}

/** The names in front of the server's own paths: all but those of the place of shares. */
function serverOf({ prefix }: { readonly prefix: readonly string[] }): readonly string[] {
  return prefix.slice(0, -OUTSIDE_NAMES.length);
}

function mountsOf(table: MountTable): ShareDoorOptions['mountOf'] {
  return name => table.get(foldName(name)) ?? table.pending();
}

function ownersOf(
  config: Pick<Config, 'users' | 'limits'>,
  { people, usersFile }: Pick<SharesParts, 'people' | 'usersFile'>,
): ShareDoorOptions['ownerOf'] {
  const users = new Map(configuredUsers(config).map(user => [user.name.toLowerCase(), user]));
  return owner => {
    const name = owner.slice(owner.indexOf(':') + 1);
    return owner.startsWith('person:')
      ? (people.find(name)?.user ?? people.pending())
      : (users.get(name) ?? usersFile?.find(name)?.user);
  };
}
