export const DAV_NAMESPACE = 'DAV:';
/** What Windows Explorer reads and sets. */
export const MICROSOFT_NAMESPACE = 'urn:schemas-microsoft-com:';
/** ownCloud, Nextcloud, and clients such as rclone that know their servers. */
export const OWNCLOUD_NAMESPACE = 'http://owncloud.org/ns';
