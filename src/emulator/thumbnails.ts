import type { Item } from './drive-reader.ts';
import type { World } from './exchange.ts';
import { GraphFault } from './graph-error.ts';
import { mimeTypeOf } from './mime-types.ts';
import { thumbnailUrl } from './pre-authenticated.ts';
import type { Library } from './site.ts';

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/tiff', 'image/avif'];
/** The longest sides of the sizes that have names (Graph docs, "thumbnailSet resource type"). */
const NAMED: Readonly<Record<string, number>> = { small: 96, medium: 176, large: 800 };
/** Larger pictures have no thumbnails here. */
const MAX_BYTES = 50 * 1024 * 1024;

interface Box {
  readonly width: number;
  readonly height: number;
  /** The picture fills the box and is cropped to it. */
  readonly isCropped: boolean;
}

interface Thumbnail {
  readonly width: number;
  readonly height: number;
  readonly url: string;
}

/**
 * Returns a picture's only set of thumbnails, in the named sizes by default; none if it is not a
 * picture.
 */
export async function thumbnailSets(
  world: World,
  library: Library,
  { item, sizes = Object.keys(NAMED) }: { item: Item; sizes?: readonly string[] },
): Promise<Record<string, unknown>[]> {
  const picture = await readPicture(world, item);
  if (picture === undefined) {
    return [];
  }
  const entries = sizes.map(size => [size, describe(world, library, { item, size, picture })] as const);
  return [{ id: '0', ...Object.fromEntries(entries) }];
}

/** Returns the picture in that size, as JPEG; undefined if it is not a picture. */
export async function renderThumbnail(world: World, item: Item, size: string): Promise<Buffer | undefined> {
  const picture = await readPicture(world, item);
  const { width, height, isCropped } = readSize(size);
  return picture?.image
    .resize({ width, height, fit: isCropped ? 'cover' : 'inside', withoutEnlargement: true })
    .flatten({ background: 'white' })
    .jpeg()
    .toBuffer();
}

/**
 * `small`, `medium`, `large`, `c200x150` and `c200x150_crop` (Graph docs, "List thumbnails for a DriveItem", custom
 * sizes).
 */
export function readSize(size: string): Box {
  const side = Object.hasOwn(NAMED, size) ? NAMED[size] : undefined;
  if (side !== undefined) {
    return { width: side, height: side, isCropped: false };
  }
  const match = /^c([1-9]\d{0,3})x([1-9]\d{0,3})(_crop)?$/i.exec(size);
  if (match === null) {
    throw new GraphFault('invalidRequest', `'${size}' is no size of a thumbnail.`);
  }
  return { width: Number(match[1]), height: Number(match[2]), isCropped: match[3] !== undefined };
}

function describe(
  world: World,
  library: Library,
  { item, size, picture }: { item: Item; size: string; picture: Picture },
): Thumbnail {
  const box = readSize(size);
  const [byWidth, byHeight] = [box.width / picture.width, box.height / picture.height];
  const scale = Math.min(1, byWidth, byHeight);
  const [width, height] = box.isCropped
    ? [Math.min(box.width, picture.width), Math.min(box.height, picture.height)]
    : [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))];
  return { height, width, url: thumbnailUrl(world, library, { item, size }) };
}

type Sharp = typeof import('sharp').default;

interface Picture {
  readonly image: import('sharp').Sharp;
  /** The visible size, after the rotation by its EXIF. */
  readonly width: number;
  readonly height: number;
}

async function readPicture(world: World, item: Item): Promise<Picture | undefined> {
  const { blob, size, name } = item;
  const sharp =
    blob !== null && size <= MAX_BYTES && PICTURES.includes(mimeTypeOf(name)) ? await loadSharp() : undefined;
  if (sharp === undefined || blob === null) {
    return undefined;
  }
  const bytes = Buffer.concat(await Array.fromAsync(world.blobs.read({ name: blob, size })));
  try {
    const image = sharp(bytes).autoOrient();
    const { autoOrient } = await image.metadata();
    return { image, ...autoOrient };
  } catch {
    // It has a picture's extension, but is not one.
    return undefined;
  }
}

let loading: Promise<Sharp | undefined> | undefined;

/** Loads the package, which is for development only; without it no picture has thumbnails. */
function loadSharp(): Promise<Sharp | undefined> {
  loading ??= import('sharp').then(
    module => module.default,
    () => undefined,
  );
  return loading;
}
