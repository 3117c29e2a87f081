/** What `s3lect schema` says of a file, before it is text or JSON. */

export interface ReportTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Report {
  readonly heading: readonly string[];
  readonly tables: readonly ReportTable[];
  /** Everything, for programs. Sizes are bytes. */
  readonly json: object;
}

export const count = (value: number): string => value.toLocaleString('en-US');
