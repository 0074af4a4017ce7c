/** What a share opens: reading below it, or sending new files into it. */
export const SHARE_KINDS = ['read', 'upload'] as const;
export type ShareKind = (typeof SHARE_KINDS)[number];
