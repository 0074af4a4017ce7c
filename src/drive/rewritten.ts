/** Endings of names whose files SharePoint may rewrite while it stores them, or reports sizes of that are not true. */
const REWRITTEN = new Set([
  // Office: properties of the library are written into the file (onedrive-api-docs 935; abraunegg).
  ...['doc', 'docm', 'docx', 'dot', 'dotm', 'dotx', 'odt', 'xls', 'xlsb', 'xlsm', 'xlsx', 'xlt', 'xltm', 'xltx', 'ods'],
  ...['ppt', 'pptm', 'pptx', 'pot', 'potm', 'potx', 'pps', 'ppsm', 'ppsx', 'odp', 'pub', 'vsd', 'vsdx', 'mpp', 'xsn'],
  // OneNote (onedrive-api-docs 926, 927, 1053), pages, labelled documents.
  ...['one', 'onetoc2', 'onepkg', 'aspx', 'master', 'htm', 'html', 'mht', 'mhtml', 'pdf', 'xml'],
  // Pictures: densities in EXIF (microsoft-graph-docs 8903); live photos (onedrive-api-docs 1723).
  ...['jpg', 'jpeg', 'heic'],
]);

/**
 * Whether the cloud may store other bytes than it was given, for a file of this name: then size and hash of what was
 * sent prove nothing, and what the cloud itself reports is what there is.
 */
export function mayBeRewritten(name: string): boolean {
  return REWRITTEN.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase());
}
