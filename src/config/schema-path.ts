import { configSchema } from './schema.ts';

/** The parts of zod's schemas that are looked at here. */
interface Inner {
  readonly def: { readonly type: string };
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly options?: readonly unknown[];
}

/** Returns the schema at a path, without its defaults; undefined where there is none. */
export function schemaAt(path: readonly PropertyKey[]): Inner | undefined {
  let schema: Inner | undefined = unwrap(configSchema);
  for (const step of path) {
    schema = schema && stepInto(schema, step);
  }
  return schema;
}

/** Returns the keys of the group at a path, of all its forms when there are several; none where it is no group. */
export function keysAt(path: readonly PropertyKey[]): string[] {
  const schema = schemaAt(path);
  return schema === undefined ? [] : formsOf(schema).flatMap(form => Object.keys(form.shape ?? {}));
}

/** True when the value at the path is a list. */
export function isList(schema: Inner): boolean {
  return formsOf(schema).some(({ def }) => def.type === 'array');
}

/** True when the operator chooses the keys of the group. */
export function isRecord(schema: Inner): boolean {
  return schema.def.type === 'record';
}

/** Returns whether a value of this schema is text: `always` when nothing else is allowed. */
export function textIn(schema: Inner): 'always' | 'sometimes' | 'never' {
  const kinds = formsOf(schema).map(({ def }) => ['string', 'enum', 'literal'].includes(def.type));
  return kinds.every(Boolean) && schema.def.type !== 'union' ? 'always' : kinds.some(Boolean) ? 'sometimes' : 'never';
}

function stepInto(schema: Inner, step: PropertyKey): Inner | undefined {
  for (const form of formsOf(schema)) {
    const inner = typeof step === 'number' ? form.element : (form.shape?.[String(step)] ?? form.valueType);
    if (inner !== undefined) {
      return unwrap(inner);
    }
  }
  return undefined;
}

function formsOf(schema: Inner): readonly Inner[] {
  return schema.options === undefined || schema.def.type !== 'union' ? [schema] : schema.options.map(unwrap);
}

/** Removes defaults, null and transforms. */
function unwrap(schema: unknown): Inner {
  let inner = schema as Inner & { readonly def: { readonly innerType?: unknown; readonly in?: unknown } };
  while (inner.def.innerType !== undefined || inner.def.in !== undefined) {
    inner = (inner.def.innerType ?? inner.def.in) as typeof inner;
  }
  return inner;
}
