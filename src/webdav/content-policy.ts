/** Scripts, frames and forms of a file are never run in our origin. */
const NOTHING = "sandbox; default-src 'none'";
/**
 * A browser shows a picture, a film or a sound in a page of its own making, which loads the file once more (`img-src`, `media-src`) and has styles
 * of its own. Without the sandbox directive, which keeps Chromium's players from playing; the type itself cannot hold a script.
 */
const MEDIA = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";
/** The viewer is the browser's own (`object-src`, Chromium); a sandbox keeps it from being started at all (crbug.com/271452). */
const PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'";

/** The Content-Security-Policy of a file of this type: media, pictures and PDFs can be looked at, and nothing that is text to a browser can do anything. */
export function contentPolicyFor(contentType: string): string {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (type === 'application/pdf') {
    return PDF;
  }
  // An SVG is a document that may have scripts.
  const isMedia = /^(image|audio|video)\/[\w.+-]+$/.test(type) && !/[+/](svg|xml)/.test(type);
  return isMedia ? MEDIA : NOTHING;
}
