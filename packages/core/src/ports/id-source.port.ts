/**
 * Fresh ids. Ids sort by time of creation within a process, never repeat across processes, and reveal nothing.
 *
 * Form: `<prefix>_<26 or more characters of [0-9a-z]>`.
 */
export interface IdSource {
  /** `call_…` for calls, `att_…` for attempts, `line_…` for lines that supersede, `ses_…` for sessions, `key_…` for keys. */
  next(prefix: "call" | "att" | "line" | "ses" | "key"): string;
}
