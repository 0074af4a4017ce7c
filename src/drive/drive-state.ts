/** Whether a drive in use can be opened; `since` is in milliseconds since 1970. */
export type DriveState =
  | { readonly kind: 'open'; readonly driveId: string; readonly since: number }
  | { readonly kind: 'failing'; readonly cause: string; readonly since: number };
