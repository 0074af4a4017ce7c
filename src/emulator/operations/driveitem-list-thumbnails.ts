import { existing, type ItemAddress } from '../address.ts';
import { type Item, notFound } from '../drive-reader.ts';
import { withContext } from '../driveitem.ts';
import type { Exchange, Reply } from '../exchange.ts';
import { thumbnailUrl } from '../pre-authenticated.ts';
import { readSize, thumbnailSets } from '../thumbnails.ts';

/**
 * `GET …/thumbnails` (Graph docs, "List thumbnails for a DriveItem"): `$select` names the sizes, including custom
 * ones.
 */
export async function driveitemListThumbnails(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { library } = address;
  const select = exchange.url.searchParams.get('$select');
  const sizes = select?.split(',').filter(name => name !== 'id');
  const value = await thumbnailSets(exchange.world, library, { item: existing(address), sizes });
  return { status: 200, json: withContext(exchange, { value }, 'thumbnails') };
}

/** `GET …/thumbnails/{set}/{size}`: where it is, and how large. */
export async function driveitemGetThumbnail(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { thumbnail } = await findThumbnail(exchange, address);
  return { status: 200, json: withContext(exchange, { ...thumbnail }, 'thumbnails/$entity') };
}

/** `GET …/thumbnails/{set}/{size}/content`: 302 to the picture. */
export async function driveitemGetThumbnailContent(exchange: Exchange, address: ItemAddress): Promise<Reply> {
  const { item } = await findThumbnail(exchange, address);
  const location = thumbnailUrl(exchange.world, address.library, { item, size: address.args.size! });
  return { status: 302, headers: { location } };
}

async function findThumbnail(
  { world }: Exchange,
  address: ItemAddress,
): Promise<{ item: Item; thumbnail: Record<string, unknown> }> {
  const { set: id, size } = address.args;
  readSize(size!);
  const item = existing(address);
  const sets = await thumbnailSets(world, address.library, { item, sizes: [size!] });
  const thumbnail = sets.find(set => set.id === id)?.[size!];
  if (typeof thumbnail !== 'object' || thumbnail === null) {
    throw notFound();
  }
  return { item, thumbnail: { ...thumbnail } };
}
