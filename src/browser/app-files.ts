import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname } from 'node:path';
import { acceptedCoding, type Coding } from '../webdav/headers/accept-encoding.ts';

/** The place of the app's files, below the base path. */
export const APP_FILES_PATH = '/-/app/';

/** Each file's name has the hash of its content, so a name never has another content. */
const CACHE_CONTROL = 'public, max-age=31536000, immutable';

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};
const SUFFIXES: Readonly<Record<Coding, string>> = { br: '.br', gzip: '.gz' };

interface AppFile extends Partial<Record<Coding, Buffer>> {
  readonly type: string;
  readonly identity: Buffer;
}

/** The app as `npm run build` has made it (vite.config.ts), in memory. */
export interface BuiltApp {
  /** The names of the files that a page refers to. */
  readonly script: string;
  readonly style: string;
  readonly icon: string;
  readonly touchIcon: string;
  readonly webManifest: string;
  readonly files: ReadonlyMap<string, AppFile>;
}

/** Reads the app from its folder; returns undefined where it has not been built. */
export async function readBuiltApp(folder: URL): Promise<BuiltApp | undefined> {
  const list = await readIfThere(new URL('app.json', folder));
  if (list === undefined) {
    return undefined;
  }
  const app = JSON.parse(list.toString()) as Omit<BuiltApp, 'files'> & { readonly files: readonly string[] };
  const files = await Promise.all(app.files.map(async name => [name, await readAppFile(folder, name)] as const));
  return { ...app, files: new Map(files) };
}

/** Answers GET and HEAD of `/-/app/<name>`. The files hold nothing of a user, so nobody has to sign in for them. */
export function answerAppFile(
  request: IncomingMessage,
  response: ServerResponse,
  { name, app }: { readonly name: string; readonly app: BuiltApp },
): void {
  const file = app.files.get(name);
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Length': '0' }).end();
    return;
  }
  if (file === undefined) {
    sendNotFound(response);
    return;
  }
  const coding = acceptedCoding(request);
  const coded = coding && file[coding];
  const body = coded ?? file.identity;
  response.writeHead(200, {
    'Content-Type': file.type,
    'Content-Length': String(body.length),
    ...(coded && coding && { 'Content-Encoding': coding }),
    Vary: 'Accept-Encoding',
    'Cache-Control': CACHE_CONTROL,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'Cross-Origin-Resource-Policy': 'same-origin',
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** A page of an older version may ask for a file that is gone; that answer must not be kept. */
function sendNotFound(response: ServerResponse): void {
  const body = 'not found\n';
  response.writeHead(404, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(body.length),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  response.end(body);
}

async function readAppFile(folder: URL, name: string): Promise<AppFile> {
  const at = (suffix: string) => new URL(`${encodeURIComponent(name)}${suffix}`, folder);
  const [identity, br, gzip] = await Promise.all([
    readFile(at('')),
    readIfThere(at(SUFFIXES.br)),
    readIfThere(at(SUFFIXES.gzip)),
  ]);
  return { type: TYPES[extname(name)] ?? 'application/octet-stream', identity, br, gzip };
}

async function readIfThere(file: URL): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}
