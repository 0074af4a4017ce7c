/**
 * Makes a text from outside safe for a terminal or a comment: replaces characters that move the cursor, end the line or
 * change the reading direction.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\u{fffd}');
}
