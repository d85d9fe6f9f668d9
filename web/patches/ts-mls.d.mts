declare const patch: {
  name: string;
  version: string;
  /** In the package. */
  file: string;
  /** SHA-256 of the file as published and as corrected. */
  before: string;
  after: string;
  edits: [from: string, to: string][];
};
export default patch;
