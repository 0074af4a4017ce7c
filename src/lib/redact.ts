/** Query parameters whose value gives access. */
const SECRET_PARAMETERS =
  'tempauth|access_token|client_secret|client_assertion|refresh_token|sig|signature|sign|token|password';

/**
 * Five groups of six characters of base 32, as `auth/device-password.ts` makes them and a person or a URL may spell
 * them: with or without hyphens.
 */
const DEVICE_PASSWORD =
  /(?<![0-9a-z])[0-9a-tv-z]{6}(?:(-|%2D|%20|\+)[0-9a-tv-z]{6}(?:\1[0-9a-tv-z]{6}){3}|[0-9a-tv-z]{24})(?![0-9a-z])/gi;

const RULES: [pattern: RegExp, replacement: string][] = [
  // The whole query of a pre-authenticated URL: parts of it are secret under several names.
  [/(https?:\/\/[^\s"'<>?]+(?:download\.aspx|uploadSession|\/operations\/[^\s"'<>?]+))\?[^\s"'<>]*/gi, '$1?[redacted]'],
  [/\b(Bearer|Basic|Negotiate|NTLM)\s+[\w.~+/=-]{6,}/gi, '$1 [redacted]'],
  [/\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*/g, '[redacted token]'],
  [new RegExp(`\\b(${SECRET_PARAMETERS})=[^&\\s"'<>]+`, 'gi'), '$1=[redacted]'],
  // The same names in JSON, whose quotes are escaped inside a text.
  [new RegExp(`(\\\\?["'])(${SECRET_PARAMETERS})\\1\\s*:\\s*\\1[^"'\\\\]+`, 'gi'), '$1$2$1:$1[redacted]'],
  // User and password in a URL.
  [/(https?:\/\/)[^/\s:@"']+:[^/\s@"']+@/gi, '$1[redacted]@'],
  [DEVICE_PASSWORD, '[redacted device password]'],
  // The token in the URL of a share (docs/sharing.md).
  [/(\/(?:-|%2D)\/+(?:s|%73)\/+)[^\s"'<>/?#]+/gi, '$1[redacted]'],
];

/**
 * Matches what every rule's text contains: `://` of URLs, a scheme before its credentials, the beginning of a token,
 * `=`, quotes, three groups of a device password, or all of it, the place of shares. Most logged texts contain none of these, and one test
 * is cheaper than eight. Each new rule must be covered here.
 */
const HINT =
  /:\/\/|(?:Bearer|Basic|Negotiate|NTLM)\s|eyJ|[="']|[0-9a-z]{6}(?:-|%2D|%20|\+)[0-9a-z]{6}(?:-|%2D|%20|\+)|[0-9a-z]{30}|\/(?:-|%2D)\/+(?:s|%73)\//i;

/** Redacts tokens, passwords and pre-authenticated URLs in a text for a log, an error or a client. */
export function redact(text: string): string {
  return HINT.test(text) ? applyRules(text) : text;
}

function applyRules(text: string): string {
  return RULES.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);
}
