/** Who asks, as far as jobs are concerned. */
export interface Caller {
  /** Whose the jobs are that it submits; undefined for those without a name. */
  readonly owner: string | undefined
  /** Whose jobs it sees in lists and may change. */
  readonly reach: 'all' | 'own'
  /** Throws a HubError where this caller may not run that; `input` is as the tool has read it. */
  admit(tool: string, input: unknown): void
  /** Counts so many submissions on top of the one that every request is: they are taken from the minutes to come. */
  countSubmits(count: number): void
  /** Counts bytes that come in on its behalf; throws a HubError where it may send no more. */
  takeBytes(count: number): void
}

/** Of a hub that asks nobody for a name. */
export const ANYBODY: Caller = { owner: undefined, reach: 'all', admit: () => undefined, countSubmits: () => undefined, takeBytes: () => undefined }
