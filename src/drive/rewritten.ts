/** Extensions of files that SharePoint may rewrite while storing them, or reports wrong sizes for. */
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
 * Returns true when the cloud may store other bytes than those sent, for a file of this name: then size and hash of the
 * bytes sent prove nothing, and only the cloud's report counts.
 */
export function mayBeRewritten(name: string): boolean {
  return REWRITTEN.has(name.slice(name.lastIndexOf('.') + 1).toLowerCase());
}
