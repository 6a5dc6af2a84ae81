/** A text to show for a while. */
export interface Caption {
  readonly startSeconds: number
  readonly endSeconds: number
  /** Line breaks are those that its author wants. */
  readonly text: string
}
