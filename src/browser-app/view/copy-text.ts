/** Puts the text of a field into the system's clipboard; false when the browser does not let a page do that. */
export async function copyText(field: HTMLInputElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Without TLS there is no clipboard API (W3C, "Clipboard API and events": secure contexts only).
    field.select();
    return document.execCommand('copy');
  }
}
