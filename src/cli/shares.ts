import type { Command } from 'commander';
import { systemClock } from '../lib/clock.ts';
import { printable } from '../lib/printable.ts';
import type { Share } from '../state/share-store.ts';
import { print } from './print.ts';
import { byServerOr } from './running-server.ts';
import { findServerAndState } from './state-beside.ts';

interface Options {
  readonly config: string;
  readonly revoke?: string;
  readonly json?: boolean;
}

export function sharesCommand(command: Command): Command {
  return command
    .option('--config <file>', 'the configuration file', 'config.yaml')
    .option('--revoke <id>', 'end the share with this id; the next request with its URL is refused')
    .option('--json', 'print one JSON array')
    .action(showShares);
}

async function showShares({ config: file, revoke: id, json }: Options): Promise<void> {
  const { state, client } = await findServerAndState(file);
  const now = systemClock.now();
  const shares = await state.shares();
  if (id === undefined) {
    const text = shares.length === 0 ? 'nothing is shared' : shares.map(share => describe(share, now)).join('\n');
    await print(json ? JSON.stringify(shares.map(toJson), null, 2) : text);
    return;
  }
  const chosen = shares.find(share => share.id === id && share.revoked === undefined);
  if (chosen === undefined) {
    throw new Error(`there is no share "${id}" to end; run without --revoke to list the shares`);
  }
  await byServerOr<unknown>(
    () => client.revokeShares([id]),
    () => state.revokeShares([id], Math.floor(now)),
  );
  await print(
    json ? JSON.stringify([toJson({ ...chosen, revoked: now })], null, 2) : `ended: ${describe(chosen, now)}`,
  );
}

/** `maxDays` and `maxDownloads` of the configuration may end a share earlier. */
function describe({ id, kind, ownerName, names, target, passwordHash, ...share }: Share, now: number): string {
  const { expires, maxDownloads, downloads, opened, revoked } = share;
  const end = expires <= now ? `ended ${dateOf(expires)}` : `ends ${dateOf(expires)}`;
  const facts = [
    kind === 'read' ? 'to read' : 'takes uploads',
    revoked === undefined ? end : `revoked ${dateOf(revoked)}`,
    ...(passwordHash === undefined ? [] : ['with a password']),
    ...(maxDownloads === undefined ? [] : [`downloaded ${downloads} of ${maxDownloads} times`]),
    opened === undefined ? 'never opened' : `first opened ${dateOf(opened)}`,
  ];
  const path = `/${names.join('/')}${target === 'folder' ? '/' : ''}`;
  return `${printable(path)}  of ${printable(ownerName)}, ${facts.join(', ')}  ${id}`;
}

/** Without the digest and the hash: they are of no use to a reader. */
function toJson({ id, kind, ownerName, names, target, passwordHash, ...share }: Share): Record<string, unknown> {
  const { created, expires, maxDownloads, downloads, opened, revoked } = share;
  return {
    ...{ id, kind, owner: ownerName, path: `/${names.join('/')}`, target, password: passwordHash !== undefined },
    ...{ created: dateOf(created), expires: dateOf(expires), maxDownloads, downloads },
    ...{ opened: opened && dateOf(opened), revoked: revoked && dateOf(revoked) },
  };
}

function dateOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
