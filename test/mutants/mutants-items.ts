import type { Mutant } from './mutant.ts';

/** Rules of names, ids, tags, times, listings and what is written to items. */
export const ITEM_MUTANTS: readonly Mutant[] = [
  {
    ...{ name: 'nfd-differs', rule: 'NFC and NFD are one name', file: 'names.ts' },
    ...{ find: "name.normalize('NFC')", replace: 'name', tests: ['behaviours.test.ts'], only: 'NFC and NFD' },
  },
  {
    ...{ name: 'case-differs', rule: 'names are compared without their case', file: 'names.ts' },
    ...{ find: 'upper.toLowerCase() === character ? upper : character', replace: 'character' },
    ...{ tests: ['emulator.test.ts'], only: 'clash whatever their case' },
  },
  {
    ...{ name: 'reserved-names-allowed', rule: 'reserved names are refused', file: 'names.ts' },
    ...{ find: "RESERVED.test(name) || name.startsWith('~$')", replace: "name.startsWith('~$')" },
    ...{ tests: ['emulator.test.ts'], only: 'cannot be called' },
  },
  {
    ...{ name: 'characters-allowed', rule: 'forbidden characters are refused', file: 'names.ts' },
    ...{ find: '["*:<>?/\\\\|\\u0000-\\u001f]', replace: '[<>]' },
    ...{ tests: ['emulator.test.ts'], only: 'cannot be called' },
  },
  {
    ...{ name: 'long-names-allowed', rule: 'a name has at most 255 characters', file: 'names.ts' },
    ...{ find: 'SEGMENT_CHARACTERS = 255', replace: 'SEGMENT_CHARACTERS = 300' },
    ...{ tests: ['emulator.test.ts'], only: 'cannot be called' },
  },
  {
    ...{ name: 'surrogates-allowed', rule: 'half of a surrogate pair is refused', file: 'names.ts' },
    ...{ find: '!name.isWellFormed()', replace: 'false', tests: ['refusals.test.ts'], only: 'half of a surrogate' },
  },
  {
    ...{ name: 'ids-without-case', rule: 'ids are compared with their case', file: 'ids.ts' },
    ...{ find: 'export function itemGuid(driveTag: Uint8Array, id: string): string | undefined {' },
    replace:
      'export function itemGuid(driveTag: Uint8Array, given: string): string | undefined { const id = given.toUpperCase();',
    ...{ tests: ['emulator.test.ts'], only: 'have ids and tags' },
  },
  {
    ...{ name: 'root-guid', rule: 'every root has one GUID', file: 'ids.ts' },
    ...{ find: 'ea8cc6be-ffdb-43d7-976f-bc7da445c639', replace: 'ea8cc6be-ffdb-43d7-976f-bc7da445c630' },
    ...{ tests: ['emulator.test.ts'], only: 'have ids and tags' },
  },
  {
    ...{ name: 'etag-stays', rule: 'every change moves the eTag', file: 'drive.ts' },
    ...{ find: 'etagVersion: item.etagVersion + 1', replace: 'etagVersion: item.etagVersion' },
    ...{ tests: ['emulator.test.ts'], only: 'setting a time makes a version' },
  },
  {
    ...{ name: 'ctag-stays', rule: 'new content moves the cTag', file: 'drive.ts' },
    ...{ find: 'ctagVersion: item.ctagVersion + 1', replace: 'ctagVersion: item.ctagVersion' },
    ...{ tests: ['user-rules.test.ts'], only: 'are rewritten a while after a PUT' },
  },
  {
    ...{ name: 'folders-have-ctags', rule: 'folders have no cTag', file: 'driveitem.ts' },
    ...{ find: "(item.kind === 'file' ? { cTag: cTag(item) } : {})", replace: '{ cTag: cTag(item) }' },
    ...{ tests: ['behaviours.test.ts'], only: 'folders sum up' },
  },
  {
    ...{ name: 'folder-sizes', rule: 'folders have the size of what is in them', file: 'drive.ts' },
    ...{ find: 'this.store.addToSizes(item.parent, blob.size - item.size)', replace: 'void 0' },
    ...{ tests: ['behaviours.test.ts'], only: 'folders sum up' },
  },
  {
    ...{ name: 'time-change-no-version', rule: 'a change of times is a version', file: 'drive.ts' },
    ...{ find: 'if (item.blob !== null) {\n        // Business', replace: 'if (false) {\n        // Business' },
    ...{ tests: ['emulator.test.ts'], only: 'setting a time makes a version' },
  },
  {
    ...{ name: 'time-change-free', rule: 'the version of a change of times costs quota', file: 'drive.ts' },
    ...{ find: 'this.#counters.add({ usedBytes: item.size });', replace: '' },
    ...{ tests: ['behaviours.test.ts'], only: 'versions cost quota' },
  },
  {
    ...{ name: 'versions-free', rule: 'old versions cost quota', file: 'drive.ts' },
    ...{
      find: 'this.#keepVersion(taken);\n',
      replace: 'this.#keepVersion(taken);\nthis.#counters.add({ usedBytes: -taken.size });\n',
    },
    ...{ tests: ['behaviours.test.ts'], only: 'versions cost quota' },
  },
  {
    ...{ name: 'quota-off', rule: 'what does not fit the quota is 507', file: 'drive.ts' },
    ...{ find: 'this.counts.usedBytes + more > this.counts.quotaBytes', replace: 'false' },
    ...{ tests: ['user-rules.test.ts'], only: 'that is exceeded is 507' },
  },
  {
    ...{ name: 'move-keeps-times', rule: 'a move without times resets them', file: 'drive.ts' },
    ...{ find: 'fsModified: info.modified ?? act.now', replace: 'fsModified: info.modified ?? item.fsModified' },
    ...{ tests: ['behaviours.test.ts'], only: 'a move without fileSystemInfo' },
  },
  {
    ...{ name: 'fractions-of-seconds', rule: 'times have whole seconds', file: 'driveitem.ts' },
    ...{
      find: '`${new Date(milliseconds).toISOString().slice(0, 19)}Z`',
      replace: 'new Date(milliseconds).toISOString()',
    },
    ...{ tests: ['emulator.test.ts'], only: 'move with their id' },
  },
  {
    ...{ name: 'permanent-delete-fills-bin', rule: 'permanentDelete passes the recycle bin', file: 'drive.ts' },
    ...{ find: 'deletedBytes: isPermanent ? 0 : bytes', replace: 'deletedBytes: bytes' },
    ...{ tests: ['behaviours.test.ts'], only: 'delete fills the recycle bin' },
  },
  {
    ...{
      name: 'folder-into-itself',
      rule: 'a folder does not move into itself',
      file: 'operations/driveitem-update.ts',
    },
    ...{
      // Without the check at all the tree would have no end, and neither would the test.
      find: "throw new GraphFault('invalidRequest', 'A folder cannot be moved into itself.');",
      replace: 'return drive.parentOf(item)!;',
    },
    ...{ tests: ['behaviours.test.ts'], only: 'a folder does not move into itself' },
  },
  {
    ...{
      name: 'root-alias-as-parent',
      rule: 'the alias root works in URLs only',
      file: 'operations/driveitem-update.ts',
    },
    ...{ find: "reference.id === 'root'", replace: 'false' },
    ...{ tests: ['emulator.test.ts'], only: 'move with their id' },
  },
  {
    ...{ name: 'replace-folders', rule: 'folders are not replaced', file: 'drive-reader.ts' },
    ...{ find: "taken.kind !== 'file' || options.isFolder", replace: 'false' },
    ...{ tests: ['emulator.test.ts'], only: 'clash whatever their case' },
  },
  {
    ...{ name: 'conflict-anything', rule: 'an unknown conflictBehavior is 400', file: 'conflict-behavior.ts' },
    ...{
      find: '!KNOWN.includes(given)',
      replace: 'false',
      tests: ['refusals.test.ts'],
      only: 'an unknown conflictBehavior',
    },
  },
  {
    ...{ name: 'if-match-ignored', rule: 'If-Match counts', file: 'if-match.ts' },
    ...{ find: 'if (item === undefined ||', replace: 'if (item === undefined && ' },
    ...{ tests: ['emulator.test.ts'], only: 'keep If-Match' },
  },
  {
    ...{ name: 'top-unlimited', rule: 'a page has at most 1000 items', file: 'page-size.ts' },
    ...{
      find: 'Math.min(size, MAX_TOP)',
      replace: 'size',
      tests: ['behaviours.test.ts'],
      only: 'a page has at most 1000',
    },
  },
  {
    ...{ name: 'default-page', rule: 'a page has 200 items', file: 'options.ts' },
    ...{ find: 'options.pageSize ?? 200', replace: 'options.pageSize ?? 500' },
    ...{ tests: ['behaviours.test.ts'], only: 'a page has at most 1000' },
  },
  {
    ...{
      name: 'page-skips',
      rule: 'the next page begins behind the last name',
      file: 'operations/driveitem-list-children.ts',
    },
    ...{ find: '{ after: page.at(-1)!.fold }', replace: '{ after: rows.at(-1)!.fold }' },
    ...{ tests: ['emulator.test.ts'], only: 'are listed in pages' },
  },
  {
    ...{ name: 'skip-allowed', rule: '$skip is refused', file: 'graph-router.ts' },
    ...{ find: 'if (query.includes(name)) {', replace: "if (query.includes(name) || name === '$skip') {" },
    ...{ tests: ['emulator.test.ts'], only: 'are listed in pages' },
  },
  {
    ...{ name: 'select-keeps-url', rule: '$select drops the download URL', file: 'driveitem.ts' },
    ...{ find: "return { '@odata.etag': whole.eTag, ...chosen };", replace: 'return { ...whole, ...chosen };' },
    ...{ tests: ['emulator.test.ts'], only: '$select drops' },
  },
  {
    ...{ name: 'select-anything', rule: '$select refuses what no driveItem has', file: 'driveitem.ts' },
    ...{ find: "!MODELLED.includes(name) && !name.startsWith('@')", replace: 'false' },
    ...{ tests: ['routing.test.ts'], only: 'is refused when no driveItem has it' },
  },
  {
    ...{ name: 'no-304', rule: 'If-None-Match is 304', file: 'operations/driveitem-get.ts' },
    ...{ find: "request.headers['if-none-match'] === eTag(item)", replace: 'false' },
    ...{ tests: ['behaviours.test.ts'], only: 'If-None-Match' },
  },
  {
    ...{
      name: 'no-304-content',
      rule: 'If-None-Match is 304 for contents',
      file: 'operations/driveitem-get-content.ts',
    },
    ...{ find: "[eTag(item), cTag(item)].includes(request.headers['if-none-match'] ?? '')", replace: 'false' },
    ...{ tests: ['behaviours.test.ts'], only: 'If-None-Match' },
  },
  {
    ...{ name: 'copy-keeps-times', rule: 'a copy has times of its own', file: 'copy.ts' },
    ...{ find: '{ ...act, blob: await world.blobs.copy(kept) }' },
    replace: '{ ...act, blob: await world.blobs.copy(kept), fileSystemInfo: { modified: source.fsModified } }',
    ...{ tests: ['copies.test.ts'], only: 'a copy keeps names' },
  },
  {
    ...{ name: 'copy-unlimited', rule: 'a copy takes at most 30,000 items', file: 'copy.ts' },
    ...{ find: 'MAX_ITEMS = 30_000', replace: 'MAX_ITEMS = 300_000', tests: ['copies.test.ts'], only: '30000 files' },
  },
  {
    ...{ name: 'copy-by-polling', rule: 'a copy needs no polls', file: 'copy-job.ts' },
    ...{
      find: 'this.#done = this.#run(work);',
      replace: 'this.#done = polls > 0 ? new Promise(() => {}) : this.#run(work);',
    },
    ...{ tests: ['copies.test.ts'], only: 'whether its monitor is asked or not' },
  },
  {
    ...{ name: 'copy-path-ignored', rule: 'parentReference.path counts', file: 'parent-reference.ts' },
    ...{ find: 'path: textOf(path) }', replace: 'path: undefined }' },
    ...{ tests: ['copies.test.ts'], only: 'parentReference may be' },
  },
  {
    ...{ name: 'unknown-acts-on-item', rule: 'a path is matched whole', file: 'item-routes.ts' },
    ...{ find: 'new RegExp(`^${text}$`', replace: 'new RegExp(`^${text}`' },
    ...{ tests: ['routing.test.ts'], only: 'DELETE of what is not known' },
  },
  {
    ...{ name: 'query-ignored', rule: 'an unknown query option is 501', file: 'graph-router.ts' },
    ...{
      find: "new GraphFault('notImplemented', `The emulator does not support ${name} on",
      replace: "new GraphFault('invalidRequest', `The emulator does not support ${name} on",
    },
    ...{ tests: ['routing.test.ts'], only: '$nonsense=1 is 501' },
  },
  {
    ...{ name: 'doubled-slash', rule: 'doubled slashes are one', file: 'item-path.ts' },
    ...{ find: ".replaceAll(/\\/{2,}/g, '/')", replace: '', tests: ['routing.test.ts'], only: 'a doubled slash' },
  },
  {
    ...{ name: 'encoded-colon', rule: 'an encoded colon is a colon', file: 'item-path.ts' },
    ...{ find: ".replaceAll(/%3a/gi, ':')", replace: '', tests: ['routing.test.ts'], only: 'one encoded segment' },
  },
];
