import type { Mutant } from './mutant.ts';

/** Rules of sessions, content hosts, redirects and what users met. */
export const HOST_MUTANTS: readonly Mutant[] = [
  {
    ...{
      name: 'session-if-match',
      rule: 'If-Match of a session counts at its commit',
      file: 'operations/upload-session.ts',
    },
    ...{ find: 'session.ifMatch !== undefined &&', replace: 'false &&' },
    ...{ tests: ['behaviours.test.ts'], only: 'If-Match of a session' },
  },
  {
    ...{ name: 'fragment-unlimited', rule: 'a fragment is under 60 MiB', file: 'operations/upload-session.ts' },
    ...{ find: 'length >= MAX_FRAGMENT_BYTES', replace: 'false' },
    ...{ tests: ['behaviours.test.ts'], only: 'a fragment is shorter' },
  },
  {
    ...{ name: 'session-forever', rule: 'a session expires', file: 'operations/upload-session.ts' },
    ...{ find: 'session.expires <= now(exchange)', replace: 'false' },
    ...{ tests: ['behaviours.test.ts'], only: 'a session ends at its time' },
  },
  {
    ...{
      name: 'session-not-extended',
      rule: 'a fragment moves the end of its session on',
      file: 'operations/upload-session.ts',
    },
    ...{
      find: 'total: fragment.total, expires: now(exchange) + world.settings.sessionLifeMs',
      replace: 'total: fragment.total',
    },
    ...{ tests: ['behaviours.test.ts'], only: 'a session ends at its time' },
  },
  {
    ...{ name: 'overlap-allowed', rule: 'an overlapping fragment is 416', file: 'operations/upload-session.ts' },
    ...{
      find: "'fragmentOverlap'",
      replace: "'fragmentOutOfOrder'",
      tests: ['emulator.test.ts'],
      only: 'refuse overlaps',
    },
  },
  {
    ...{ name: 'totals-vary', rule: 'the total of a session does not change', file: 'operations/upload-session.ts' },
    ...{ find: 'total !== session.total)', replace: 'false)', tests: ['emulator.test.ts'], only: 'refuse overlaps' },
  },
  {
    ...{ name: 'open-ranges', rule: 'missing ranges are closed', file: 'operations/upload-session.ts' },
    ...{ find: '`${growing.size}-${total - 1}`', replace: '`${growing.size}-`' },
    ...{ tests: ['behaviours.test.ts'], only: 'nextExpectedRanges are closed' },
  },
  {
    ...{
      name: 'second-session',
      rule: 'a second session for a name is 409',
      file: 'operations/driveitem-createuploadsession.ts',
    },
    ...{ find: "settings.secondSession === 'refused' &&", replace: 'false &&' },
    ...{ tests: ['user-rules.test.ts'], only: 'a second one for a name' },
  },
  {
    ...{ name: 'session-default-fails', rule: 'a session without conflictBehavior replaces', file: 'options.ts' },
    ...{ find: "sessionConflictDefault ?? 'replace'", replace: "sessionConflictDefault ?? 'fail'" },
    ...{ tests: ['user-rules.test.ts'], only: 'without conflictBehavior they replace by default' },
  },
  {
    ...{ name: 'put-unlimited', rule: 'a simple PUT has a limit', file: 'operations/driveitem-put-content.ts' },
    ...{ find: 'store(request, simplePutLimit)', replace: 'store(request, simplePutLimit * 2)' },
    ...{ tests: ['refusals.test.ts'], only: 'a simple PUT over the limit' },
  },
  {
    ...{
      name: 'folder-gone',
      rule: 'a folder that goes during a PUT makes it 404',
      file: 'operations/driveitem-put-content.ts',
    },
    ...{
      find: '  const folder = drive.fresh(target.folder);\n',
      replace: '  const folder = drive.fresh(target.folder) ?? drive.root;\n',
    },
    ...{ tests: ['refusals.test.ts'], only: 'a folder that is deleted while' },
  },
  {
    ...{ name: 'credentials-at-host', rule: 'a content host refuses credentials', file: 'pre-authenticated.ts' },
    ...{ find: "world.strict.rules.authorizationOnPreAuthenticatedUrl === 'reject'", replace: 'false' },
    ...{ tests: ['emulator.test.ts'], only: 'GET is a 302' },
  },
  {
    ...{ name: 'url-reordered', rule: 'a URL is good to the letter only', file: 'pre-authenticated.ts' },
    ...{
      find: '|| !isVerbatim(exchange, kind, library)',
      replace: '',
      tests: ['emulator.test.ts'],
      only: 'GET is a 302',
    },
  },
  {
    ...{ name: 'apostrophe', rule: 'an apostrophe may be %27', file: 'pre-authenticated.ts' },
    ...{ find: "target.replaceAll('%27', \"'\")", replace: 'target', tests: ['behaviours.test.ts'], only: 'WHATWG' },
  },
  {
    ...{ name: 'url-forever', rule: 'a download URL ends after an hour', file: 'pre-authenticated.ts' },
    ...{
      find: 'claims.exp * 1000 <= now(exchange)',
      replace: 'false',
      tests: ['emulator.test.ts'],
      only: 'download URLs expire',
    },
  },
  {
    ...{ name: 'tempauth-milliseconds', rule: 'tempauth ends in seconds', file: 'pre-authenticated.ts' },
    ...{ find: 'Math.floor((settings.clock.now() + lifeMs) / 1000)', replace: '(settings.clock.now() + lifeMs)' },
    ...{ tests: ['behaviours.test.ts'], only: 'tempauth ends' },
  },
  {
    ...{ name: 'range-416', rule: 'a range outside is 416', file: 'operations/download.ts' },
    ...{ find: "start > end || start >= size ? 'unsatisfiable' : { start, end }", replace: '{ start, end }' },
    ...{ tests: ['emulator.test.ts'], only: 'GET is a 302' },
  },
  {
    ...{ name: 'if-range-weak', rule: 'If-Range is compared strongly', file: 'operations/download.ts' },
    ...{
      find: "!ifRange.startsWith('W/') && ifRange === tag",
      replace: "ifRange.replace('W/', '') === tag",
    },
    ...{ tests: ['download.test.ts'], only: 'to a weak one and to the cTag' },
  },
  {
    ...{ name: 'malware-served', rule: 'malware is not given out', file: 'operations/download.ts' },
    ...{ find: 'readFacets(item.facets).malware !== undefined', replace: 'false' },
    ...{ tests: ['user-rules.test.ts'], only: 'malware is reported' },
  },
  {
    ...{ name: 'redirect-any-host', rule: 'a redirect must be registered', file: 'redirect-uri.ts' },
    ...{ find: 'canonical(uri, anyPort) === wanted', replace: 'uri.length > 0' },
    ...{ tests: ['adminconsent.test.ts'], only: 'of another machine must have' },
  },
  {
    ...{ name: 'redirect-exact-port', rule: 'a redirect to this machine may have any port', file: 'redirect-uri.ts' },
    ...{ find: "url.port = '';", replace: '', tests: ['adminconsent.test.ts'], only: 'may have any port' },
  },
  {
    ...{ name: 'photo-found', rule: 'photo needs its closing colon', file: 'address.ts' },
    ...{
      find: 'settings.photoNeedsColon &&',
      replace: 'false &&',
      tests: ['user-rules.test.ts'],
      only: 'is 400 without',
    },
  },
  {
    ...{ name: 'locked-written', rule: 'a locked file is 423', file: 'held.ts' },
    ...{
      find: 'if (isLocked) {',
      replace: 'if (false) {',
      tests: ['user-rules.test.ts'],
      only: 'is 423 while it is open',
    },
  },
  {
    ...{ name: 'checked-out-written', rule: 'a file that is checked out is 409', file: 'held.ts' },
    ...{ find: 'checkedOutBy !== undefined && !isOwn', replace: 'false' },
    ...{ tests: ['user-rules.test.ts'], only: 'is 409 resourceCheckedOut' },
  },
  {
    ...{ name: 'check-out-not-required', rule: 'a library may require check-out', file: 'held.ts' },
    ...{ find: 'content?.library.quirks.requiresCheckOut === true', replace: 'false' },
    ...{ tests: ['user-rules.test.ts'], only: 'where a library requires it' },
  },
  {
    ...{ name: 'shortcuts-listed', rule: 'shortcuts are hidden', file: 'operations/driveitem-list-children.ts' },
    ...{ find: "page.filter(({ kind }) => kind !== 'remoteItem')", replace: 'page' },
    ...{ tests: ['user-rules.test.ts'], only: 'hidden unless it is asked for' },
  },
  {
    ...{ name: 'no-ghosts', rule: 'a stale listing shows what was deleted', file: 'ghosts.ts' },
    ...{
      find: 'at > since',
      replace: 'at > since + 1e12',
      tests: ['user-rules.test.ts'],
      only: 'a listing lags behind',
    },
  },
  {
    ...{ name: 'no-lag', rule: 'a stale listing misses what is new', file: 'operations/driveitem-list-children.ts' },
    ...{ find: 'created <= until', replace: 'created <= until + 1e12' },
    ...{ tests: ['user-rules.test.ts'], only: 'a listing lags behind' },
  },
  {
    ...{ name: 'true-sizes', rule: 'sizes may be untrue', file: 'driveitem.ts' },
    ...{ find: 'shownSize === undefined ? this.#size(item) : shownSize', replace: 'this.#size(item)' },
    ...{ tests: ['user-rules.test.ts'], only: 'is shown, and the content host serves' },
  },
  {
    ...{ name: 'office-untouched', rule: 'Office files may be rewritten', file: 'office-rewriter.ts' },
    ...{
      find: 'item.ctagVersion === ctagVersion) {\n        this.#run',
      replace: 'item.ctagVersion < 0) {\n        this.#run',
    },
    ...{ tests: ['user-rules.test.ts'], only: 'are rewritten a while after a PUT' },
  },
  {
    ...{ name: 'tree-counts', rule: 'a deleted tree is counted', file: 'drive.ts' },
    ...{ find: 'usedBytes: -bytes - versionBytes', replace: 'usedBytes: -bytes' },
    ...{ tests: ['persistence.test.ts'], only: 'a tree is deleted as a whole' },
  },
  {
    ...{ name: 'sessions-forgotten', rule: 'sessions outlive a kill', file: 'upload-sessions.ts' },
    ...{ find: 'this.#remember(JSON.parse(body as string));', replace: 'void body;' },
    ...{ tests: ['persistence.test.ts'], only: 'an upload session goes on after a restart' },
  },
];
