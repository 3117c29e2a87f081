/** What a query reports of itself. */

/** Totals of what has been delivered; they grow while the query runs. */
export interface QueryStats {
  /** Bytes of the object as it is stored. */
  scanned_bytes: number;
  /** The same after decompression. */
  processed_bytes: number;
  /** Record bytes, without framing. */
  returned_bytes: number;
  rows: number;
  /** Parquet: row groups, and those of them that statistics ruled out so far; null for other formats. */
  row_groups: { total: number; ruled_out: number } | null;
}

export function emptyStats(): QueryStats {
  return { scanned_bytes: 0, processed_bytes: 0, returned_bytes: 0, rows: 0, row_groups: null };
}
