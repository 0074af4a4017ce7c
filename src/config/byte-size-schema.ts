import { z } from 'zod';
import { parseByteSize } from '../lib/byte-size.ts';

export const KIB = 1024;
export const MIB = 1024 * KIB;
export const GIB = 1024 * MIB;

interface Bounds {
  readonly min: number;
  readonly max: number;
}

/** A size in bytes: a number, or text with a unit. */
export const byteSize = (byDefault: string, bounds: Bounds) => sizeLike(byDefault, bounds).prefault(byDefault);

/** A size without a default; `example` is for the message. */
export const sizeLike = (example: string, { min, max }: Bounds) =>
  z.union([z.string(), z.number()]).transform((text, context) => {
    const bytes = parseByteSize(text);
    if (bytes === undefined || bytes < min || bytes > max) {
      context.addIssue({ code: 'custom', message: `write a size from ${min} to ${max} bytes, such as "${example}"` });
      return z.NEVER;
    }
    return bytes;
  });
