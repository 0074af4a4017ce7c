const KEYWORD = /^(true|false|null|yes|no|on|off|y|n|\.inf|\.nan)$/i;

/** Formats a text as YAML: plain where it is unambiguous, else quoted as a JSON string, which is YAML too. */
export function yamlScalar(text: string): string {
  const isPlain = /^[a-z0-9./][\w./@+-]*$/i.test(text) && !KEYWORD.test(text) && Number.isNaN(Number(text));
  return isPlain ? text : JSON.stringify(text);
}
