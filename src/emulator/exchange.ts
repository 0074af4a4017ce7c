import type { IncomingMessage } from 'node:http';
import type { BlobStore } from './blob-store.ts';
import type { Consents } from './consent.ts';
import type { CopyJob } from './copy-job.ts';
import type { DirectoryStore } from './directory-store.ts';
import { GraphFault } from './graph-error.ts';
import type { OfficeRewriter } from './office-rewriter.ts';
import type { Settings } from './options.ts';
import type { Database } from './store/database.ts';
import type { StrayErrors } from './stray-errors.ts';
import type { StrictMode } from './strict.ts';
import type { Tenants } from './tenants.ts';

/** Beyond this a JSON body is not one of Graph's file calls. */
const MAX_JSON_BYTES = 1024 * 1024;
const MAX_FORM_BYTES = 64 * 1024;

/** What an operation works on: the emulated Microsoft. */
export interface World {
  readonly settings: Settings;
  readonly db: Database;
  readonly tenants: Tenants;
  readonly directory: DirectoryStore;
  readonly blobs: BlobStore;
  readonly office: OfficeRewriter;
  readonly strays: StrayErrors;
  readonly strict: StrictMode;
  /** Copies under way, by the GUID in their monitor's address. */
  readonly copies: Map<string, CopyJob>;
  /** What administrators are being asked. */
  readonly consents: Consents;
  /** `http://127.0.0.1:port`, for download URLs of the loopback kind. */
  loopbackUrl: string;
}

/** One request, taken apart. */
export interface Exchange {
  readonly world: World;
  readonly request: IncomingMessage;
  /** Without its port. */
  readonly host: string;
  readonly url: URL;
  /** The target exactly as it was sent; pre-authenticated URLs are compared to the letter. */
  readonly target: string;
}

/** An answer: one of `json`, `html` and `stream`, or nothing. */
export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly json?: unknown;
  readonly html?: string;
  readonly stream?: AsyncIterable<Uint8Array>;
}

export function now(exchange: Exchange): number {
  return exchange.world.settings.clock.now();
}

/** The request's JSON body; an empty one is `{}`. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) {
      throw new GraphFault('requestEntityTooLarge', 'The request message is too big.');
    }
    chunks.push(chunk);
  }
  try {
    return size === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    throw new GraphFault('BadRequest', 'Unable to read JSON request payload.');
  }
}

/** The form that a browser or an OAuth client posts. */
export async function readForm({ request }: Exchange): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_FORM_BYTES) {
      throw new GraphFault('requestEntityTooLarge', 'The form is too big.');
    }
  }
  return new URLSearchParams(text);
}
