/** What becomes of shortcuts to other drives: they are listed only, or followed into the drive that they lead to. */
export const SHORTCUT_POLICIES = ['show', 'follow'] as const;
export type ShortcutPolicy = (typeof SHORTCUT_POLICIES)[number];
