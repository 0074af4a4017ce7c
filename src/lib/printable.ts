/**
 * A text from outside for a terminal or a comment: what would move the cursor, end the line or turn the reading
 * direction is replaced.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, '\u{fffd}');
}
