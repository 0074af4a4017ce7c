import { decodeName } from './item-path.ts';
import { CONFLICT, type ItemRoute, PAGE, READ, READ_MANY, SELECT, WRITE } from './item-route.ts';
import { MORE_ITEM_ROUTES } from './item-routes-more.ts';
import { driveitemCheckin, driveitemCheckout } from './operations/driveitem-checkout.ts';
import { driveitemCopy } from './operations/driveitem-copy.ts';
import { driveitemCreateUploadSession } from './operations/driveitem-createuploadsession.ts';
import { driveitemDelete, driveitemPermanentDelete } from './operations/driveitem-delete.ts';
import { driveitemGet } from './operations/driveitem-get.ts';
import { driveitemGetContent } from './operations/driveitem-get-content.ts';
import { driveitemListChildren } from './operations/driveitem-list-children.ts';
import { driveitemListVersions } from './operations/driveitem-list-versions.ts';
import { driveitemPostChildren } from './operations/driveitem-post-children.ts';
import { driveitemPutContent } from './operations/driveitem-put-content.ts';
import { driveitemUpdate } from './operations/driveitem-update.ts';

const ROUTES: readonly ItemRoute[] = [
  { method: 'GET', action: '', operation: 'driveItem-get', ...READ, query: [...SELECT, '$expand'], run: driveitemGet },
  {
    ...{ method: 'GET', action: 'children', operation: 'driveItem-list-children', ...READ_MANY },
    ...{ query: [...SELECT, ...PAGE, '$expand'], run: driveitemListChildren },
  },
  {
    ...{ method: 'GET', action: 'content', operation: 'driveItem-get-content', ...READ, query: [] },
    run: driveitemGetContent,
  },
  {
    ...{ method: 'GET', action: 'versions', operation: 'driveItem-list-versions', ...READ_MANY, query: [] },
    run: driveitemListVersions,
  },
  {
    ...{ method: 'PUT', action: 'content', operation: 'driveItem-put-content', ...WRITE },
    ...{ query: [...SELECT, CONFLICT], run: driveitemPutContent },
  },
  {
    ...{ method: 'POST', action: 'createUploadSession', operation: 'driveItem-createUploadSession', ...WRITE },
    ...{ query: [], run: driveitemCreateUploadSession },
  },
  {
    ...{ method: 'POST', action: 'children', operation: 'driveItem-post-children', ...WRITE },
    ...{ query: [...SELECT, CONFLICT], run: driveitemPostChildren },
  },
  { method: 'PATCH', action: '', operation: 'driveItem-update', ...WRITE, query: SELECT, run: driveitemUpdate },
  { method: 'DELETE', action: '', operation: 'driveItem-delete', ...WRITE, query: [], run: driveitemDelete },
  {
    ...{ method: 'POST', action: 'permanentDelete', operation: 'driveItem-permanentDelete', ...WRITE, query: [] },
    run: driveitemPermanentDelete,
  },
  {
    ...{ method: 'POST', action: 'checkout', operation: 'driveItem-checkout', ...WRITE, query: [] },
    run: driveitemCheckout,
  },
  {
    ...{ method: 'POST', action: 'checkin', operation: 'driveItem-checkin', ...WRITE, query: [] },
    run: driveitemCheckin,
  },
  {
    ...{ method: 'POST', action: 'copy', operation: 'driveItem-copy', ...WRITE },
    ...{ query: [CONFLICT], run: driveitemCopy },
  },
];

interface Compiled {
  readonly route: ItemRoute;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

const COMPILED: readonly Compiled[] = [...ROUTES, ...MORE_ITEM_ROUTES].map(route => {
  const names = [...route.action.matchAll(/\{(\w+)\}/g)].map(match => match[1]!);
  const escaped = route.action.replaceAll(/[.()]/g, '\\$&');
  const text = escaped.replaceAll(/'\{\w+\}'/g, "(?:'|%27)(.*)(?:'|%27)").replaceAll(/\{\w+\}/g, '([^/]+)');
  return { route, pattern: new RegExp(`^${text}$`, 'i'), names };
});

export const ITEM_OPERATIONS: readonly string[] = COMPILED.map(({ route }) => route.operation);

/**
 * Returns the operation of `action` for that method, with its pattern's captures; undefined if it is unknown.
 */
export function findItemRoute(
  method: string,
  action: string,
): (ItemRoute & { readonly args: Readonly<Record<string, string>> }) | undefined {
  const plain = canonicalAction(action);
  for (const { route, pattern, names } of COMPILED) {
    const match = route.method === method ? pattern.exec(plain) : null;
    if (match !== null) {
      const args = Object.fromEntries(names.map((name, index) => [name, decodeName(match[index + 1]!)]));
      return { ...route, args };
    }
  }
  return undefined;
}

/** Functions and actions may be written with their namespace, and with the parentheses of no arguments. */
function canonicalAction(action: string): string {
  return action.replaceAll(/(^|\/)microsoft\.graph\./g, '$1').replace(/\(\)$/, '');
}
