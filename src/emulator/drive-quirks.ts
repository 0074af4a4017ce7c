/** What is out of the ordinary about a drive, each seen by users; nothing of it for most drives. */
export interface DriveQuirks {
  /**
   * Every number of its quota is 0: unknown (rclone 0906f8dd3; onedriver, "Business accounts do not report quotas").
   */
  readonly quotaIsUnknown?: boolean;
  /** `GET /drives/{id}` is 404 although its items can be reached (microsoft-graph-docs 5478). */
  readonly isMissingById?: boolean;
  /** The sizes of its folders are negative (onedriver, `drive_item.go`). */
  readonly hasNegativeFolderSizes?: boolean;
  /**
   * "Require documents to be checked out before they can be edited": a new file is checked out to the one who made it,
   * another one must be checked out first (SharePoint; Office365-REST-Python-Client 409, spsave 58).
   */
  readonly requiresCheckOut?: boolean;
}
