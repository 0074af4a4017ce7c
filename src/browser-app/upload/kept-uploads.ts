import type { Job } from './transport.ts';

/** An upload that was opened at the server. The URL is a secret: it stays in this tab. */
export interface KeptUpload {
  readonly id: string;
  readonly url: string;
}

/** A tab keeps it over a reload. The same file is known by its place, size and time. */
export function keptUpload(job: Job): KeptUpload | undefined {
  const text = sessionStorage.getItem(keyOf(job));
  return text === null ? undefined : (JSON.parse(text) as KeptUpload);
}

/** Keeps or forgets an upload. Without room for it, a reload begins anew. */
export function keepUpload(job: Job, upload: KeptUpload | undefined): void {
  const key = keyOf(job);
  if (upload === undefined) {
    sessionStorage.removeItem(key);
    return;
  }
  try {
    sessionStorage.setItem(key, JSON.stringify({ id: upload.id, url: upload.url }));
  } catch {
    // The store is full.
  }
}

function keyOf({ href, file: { size, lastModified } }: Job): string {
  return `upload ${href} ${size} ${lastModified}`;
}
