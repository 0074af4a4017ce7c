import type { FileSystemInfo } from './drive.ts';
import { GraphFault } from './graph-error.ts';

/** Reads a `fileSystemInfo` facet of a request; Graph keeps whole seconds. */
export function readFileSystemInfo(json: unknown): FileSystemInfo | undefined {
  if (json === undefined || json === null) {
    return undefined;
  }
  const { createdDateTime, lastModifiedDateTime } = json as Record<string, unknown>;
  return { created: readTime(createdDateTime), modified: readTime(lastModifiedDateTime) };
}

function readTime(text: unknown): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw new GraphFault('invalidRequest', 'A date in fileSystemInfo is malformed.', {
      innerCode: 'invalidParameterFormat',
    });
  }
  return Math.floor(time / 1000) * 1000;
}
