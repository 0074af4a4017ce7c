export const DAV_NAMESPACE = 'DAV:';
/** The namespace of the properties that Windows Explorer reads and sets. */
export const MICROSOFT_NAMESPACE = 'urn:schemas-microsoft-com:';
/** The namespace of ownCloud, Nextcloud, and clients such as rclone that know these servers. */
export const OWNCLOUD_NAMESPACE = 'http://owncloud.org/ns';
/** The namespace of Apple's Calendar Server, whose `getctag` other servers and clients have taken over. */
export const CALENDARSERVER_NAMESPACE = 'http://calendarserver.org/ns/';
