const KEYWORD = /^(true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i;

/**
 * A text as YAML: plain where nothing can take it for something else, else in quotes, for a JSON string is YAML, too.
 */
export function yamlScalar(text: string): string {
  const isPlain = /^[a-z0-9./][\w./@+-]*$/i.test(text) && !KEYWORD.test(text) && Number.isNaN(Number(text));
  return isPlain ? text : JSON.stringify(text);
}
