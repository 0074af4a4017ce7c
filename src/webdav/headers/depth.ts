import { DavError } from '../errors.ts';

export type Depth = 0 | 1 | 'infinity';

/** RFC 4918 §10.2; undefined when the header is absent. Microsoft's Web Folders write 1 as `1,noroot`. Throws 400. */
export function parseDepth(header: string | undefined): Depth | undefined {
  switch (header?.trim().toLowerCase()) {
    case undefined:
      return undefined;
    case '0':
      return 0;
    case '1':
    case '1,noroot':
      return 1;
    case 'infinity':
      return 'infinity';
    default:
      throw new DavError(400, 'the Depth header must be 0, 1 or infinity');
  }
}
