import type { IncomingMessage } from 'node:http';
import type { BlobStore } from './blob-store.ts';
import type { Consents } from './consent.ts';
import type { CopyJob } from './copy-job.ts';
import type { DirectoryStore } from './directory-store.ts';
import { GraphFault } from './graph-error.ts';
import type { OfficeRewriter } from './office-rewriter.ts';
import type { Settings } from './options.ts';
import type { SignIns } from './sign-in.ts';
import type { SigningKeys } from './signing-keys.ts';
import type { Database } from './store/database.ts';
import type { StrayErrors } from './stray-errors.ts';
import type { StrictMode } from './strict.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { Tenants } from './tenants.ts';

/** A larger JSON body is not one of Graph's file calls. */
const MAX_JSON_BYTES = 1024 * 1024;
const MAX_FORM_BYTES = 64 * 1024;

/** The emulated Microsoft, as operations see it. */
export interface World {
  readonly settings: Settings;
  readonly db: Database;
  readonly tenants: Tenants;
  readonly directory: DirectoryStore;
  readonly blobs: BlobStore;
  readonly office: OfficeRewriter;
  readonly strays: StrayErrors;
  readonly strict: StrictMode;
  /** Running copies, by the GUID in their monitor's address. */
  readonly copies: Map<string, CopyJob>;
  readonly subscriptions: Subscriptions;
  /** Open consent requests. */
  readonly consents: Consents;
  /** The signing keys of the login host. */
  readonly keys: SigningKeys;
  /** Sign-ins under way. */
  readonly signIns: SignIns;
  /** `http://127.0.0.1:port`, for download URLs of the loopback kind. */
  loopbackUrl: string;
  /** Answers a request inside a batch: routed, authorized, recorded and failed like any other. */
  answer: (exchange: Exchange) => Promise<Reply>;
}

/** One parsed request. */
export interface Exchange {
  readonly world: World;
  readonly request: IncomingMessage;
  /** Without its port. */
  readonly host: string;
  readonly url: URL;
  /** The target exactly as it was sent; pre-authenticated URLs are compared exactly. */
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

/** Reads the request's JSON object; an empty body is `{}`. Other JSON, or invalid UTF-8, is 400. */
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
  return size === 0 ? {} : parseJsonObject(Buffer.concat(chunks));
}

/** Properties of a driveItem that are objects, and texts (Graph docs, "driveItem resource type"). */
const OBJECTS = ['parentReference', 'fileSystemInfo', 'file', 'folder', 'item'];
const TEXTS = ['name', 'description', '@microsoft.graph.conflictBehavior', '@name.conflictBehavior'];

function parseJsonObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), refuseLoneSurrogates);
  } catch {
    throw unreadable();
  }
  checkShape(value);
  return value;
}

/** Finds lone surrogates: JSON can write them, UTF-8 cannot. */
function refuseLoneSurrogates(key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) {
    throw new SyntaxError('a lone surrogate');
  }
  return value;
}

function checkShape(value: unknown): asserts value is Record<string, unknown> {
  if (!isObject(value)) {
    throw unreadable();
  }
  for (const part of [value, value.item].filter(isObject)) {
    const isWrong = (name: string, isRight: (given: unknown) => boolean) =>
      part[name] !== undefined && !isRight(part[name]);
    const wrong =
      OBJECTS.find(name => isWrong(name, isObject)) ??
      TEXTS.find(name => isWrong(name, given => typeof given === 'string'));
    if (wrong !== undefined) {
      throw new GraphFault('BadRequest', `The property '${wrong}' has a value of another type.`);
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function unreadable(): GraphFault {
  return new GraphFault('BadRequest', 'Unable to read JSON request payload.');
}

/** Reads the form of a browser or an OAuth client. */
export async function readForm({ request }: Exchange): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_FORM_BYTES) {
      throw new GraphFault('requestEntityTooLarge', 'The form is too big.');
    }
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
