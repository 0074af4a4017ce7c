import { LRUCache } from 'lru-cache';
import { type DriveItem, versionKeyOf } from '../graph/drive-item.ts';
import type { Clock } from '../lib/clock.ts';

/** Soon after a change OneDrive may still give the picture of the version before. */
const KEEP_MS = 5 * 60_000;
/** Some thousand small pictures, which have 3 to 10 KB each. */
const MAX_BYTES = 16 * 1024 ** 2;
/** A large one of 800 pixels has 50 to 200 KB. */
const MAX_PICTURE_BYTES = 512 * 1024;
/** Keys and objects around the bytes. */
const OVERHEAD_BYTES = 500;

/** A whole picture. */
export interface KeptThumbnail {
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

/** What a picture is of: a size of one version of an item. */
export interface ThumbnailKey {
  readonly driveId: string;
  readonly item: DriveItem;
  readonly size: string;
}

/**
 * The thumbnails that were read lately, of all drives together: several people open one folder, and a browser without a
 * cache opens it again. It knows nothing of rights: whoever asks it has been led to the item by the path of a user.
 */
export class KeptThumbnails {
  readonly #pictures: LRUCache<string, KeptThumbnail>;

  constructor(clock: Clock) {
    this.#pictures = new LRUCache({
      ...{ maxSize: MAX_BYTES, sizeCalculation: ({ bytes }: KeptThumbnail) => bytes.length + OVERHEAD_BYTES },
      ...{ maxEntrySize: MAX_PICTURE_BYTES + OVERHEAD_BYTES, ttl: KEEP_MS, perf: clock },
    });
  }

  get(key: ThumbnailKey): KeptThumbnail | undefined {
    return this.#pictures.get(textOf(key));
  }

  /** Keeps a picture, unless it is a large one. */
  set(key: ThumbnailKey, picture: KeptThumbnail): void {
    this.#pictures.set(textOf(key), picture);
  }
}

function textOf({ driveId, item, size }: ThumbnailKey): string {
  return `${driveId} ${versionKeyOf(item)} ${size}`;
}
