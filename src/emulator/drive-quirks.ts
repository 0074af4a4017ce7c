/** Unusual properties of a drive, each reported by users; most drives have none. */
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
   * "Require documents to be checked out before they can be edited": a new file is checked out to its creator,
   * another one must be checked out first (SharePoint; Office365-REST-Python-Client 409, spsave 58).
   */
  readonly requiresCheckOut?: boolean;
}
