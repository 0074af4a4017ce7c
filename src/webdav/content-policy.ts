/** Our origin never runs the scripts, frames and forms of a file. */
const NOTHING = "sandbox; default-src 'none'";
/**
 * A browser shows a picture, a film or a sound in a page of its own making. That page loads the file once more
 * (`img-src`, `media-src`) and has styles of its own. There is no sandbox directive, because it stops Chromium's
 * players. The media type itself cannot hold a script.
 */
const MEDIA = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";
/**
 * The browser's own viewer shows a PDF (`object-src`, Chromium). A sandbox would stop it from starting at all
 * (crbug.com/271452).
 */
const PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'";

/**
 * The Content-Security-Policy of a file of this type. A browser can show media, pictures and PDFs. It can run nothing
 * that it reads as text.
 */
export function contentPolicyFor(contentType: string): string {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/pdf') {
    return PDF;
  }
  // An SVG is a document and may hold scripts.
  const isMedia = /^(image|audio|video)\/[\w.+-]+$/.test(type) && !/[+/](svg|xml)/.test(type);
  return isMedia ? MEDIA : NOTHING;
}
