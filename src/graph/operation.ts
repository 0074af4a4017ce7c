/** The collections that this program asks for; all others are counted together. */
const COLLECTIONS = new Set([
  'drives',
  'users',
  'groups',
  'sites',
  'applications',
  'servicePrincipals',
  'subscriptions',
  'me',
  'organization',
  'domains',
]);
/** Relations and actions, in the spelling of Graph's docs; everything else between slashes is an id or a name. */
const WORDS = new Set([
  ...['drive', 'drives', 'root', 'items', 'children', 'content', 'copy', 'createUploadSession', 'delta', 'members'],
  ...['transitiveMembers', 'getMemberGroups', 'appRoleAssignedTo', 'invite', 'permanentDelete', 'users', 'sites'],
  ...['search', 'thumbnails', 'versions', 'restoreVersion'],
]);
const MAX_PARTS = 7;

/**
 * Returns the template of a call, such as `GET /drives/{id}/items/{id}/children`: one of a few, without any id or name.
 * `path` is below `/v1.0`, or a complete URL, as a nextLink is one.
 */
export function operationOf(method: string, path: string): string {
  const [plain = ''] = path.replace(/^https?:\/\/[^/]*\/[^/]*/, '').split('?', 1);
  // Names below an item are between colons (Graph docs, "Addressing resources in a drive").
  const parts = plain
    .replace(/:\/.*?(?=:\/|:?$):?/, '/{path}')
    .split('/')
    .filter(part => part !== '');
  const [collection = ''] = parts[0]?.split('(') ?? [];
  if (!COLLECTIONS.has(collection) || parts.length > MAX_PARTS) {
    return `${method} other`;
  }
  return `${method} /${[collection + (parts[0] === collection ? '' : '(id)'), ...parts.slice(1).map(toTemplate)].join('/')}`;
}

/** `index` counts from the part after the collection, which is an id even where it looks like a word. */
function toTemplate(part: string, index: number, parts: readonly string[]): string {
  const [word = ''] = part.split('(', 1);
  const isId = index === 0 || parts[index - 1] === 'items';
  return !isId && (WORDS.has(word) || part === '{path}') ? word : '{id}';
}
