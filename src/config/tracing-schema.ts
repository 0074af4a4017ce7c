import { z } from 'zod';

/** A name of a header (RFC 9110 §5.1). */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/;

const headerName = z.string().regex(HEADER_NAME, { message: 'write the name of a header' });

/** Traces for OpenTelemetry. */
export const tracing = z.strictObject({
  endpoint: z
    .string()
    .refine(text => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
      message: 'write the URL of a collector, such as http://127.0.0.1:4318/v1/traces',
    })
    .nullable()
    .default(null),
  headers: z.record(headerName, z.string()).nullable().default(null),
  headersFile: z.string().min(1).nullable().default(null),
  headersEnv: z.string().min(1).nullable().default(null),
  sampleRatio: z.number().min(0).max(1).default(1),
  serviceName: z.string().min(1).max(200).default('onedrive-webdav'),
  paths: z.boolean().default(false),
  propagateToMicrosoft: z.boolean().default(false),
});
