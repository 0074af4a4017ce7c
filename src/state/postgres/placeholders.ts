/** Returns `$1, $2, …`, one for each of these columns. */
export function placeholders(columns: string): string {
  return columns
    .split(',')
    .map((_, index) => `$${index + 1}`)
    .join(', ');
}
