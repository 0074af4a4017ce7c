import type { ServerResponse } from 'node:http';
import type { DavRequest } from './request.ts';

/** What may be at a path. */
export type Target = 'file' | 'folder' | 'nothing';

export interface Method {
  readonly for: readonly Target[];
  readonly run: (request: DavRequest, response: ServerResponse) => Promise<void>;
}

export type MethodTable = Record<string, Method>;
