/** What an overlay that stays makes of the film below it: shown = share · below + added. In steps of 8 bits. */
export interface OverlayModel {
  /** By the offset in the plane, for each plane. */
  readonly planes: readonly OverlayPlane[]
  /** Luma pixels at which it shows. */
  readonly shows: Uint8Array
  /** From 0 to 1, the mean where it shows; 1 lets nothing through. */
  readonly opacity: number
  /** How often the square of an estimate's error is what it was thought to be, as far as the film's own pixels beside the overlay tell. */
  readonly estimateDoubt: number
  /** What the encoder leaves of noise, as the square of steps of 8 bits. */
  readonly codingNoise: number
}

export interface OverlayPlane {
  /** How much of the film is let through; 0 where it is not known. */
  readonly share: Float32Array
  readonly added: Float32Array
  /** The square of how far off the share may be. */
  readonly doubt: Float32Array
  /** Of what is below. */
  readonly mean: Float32Array
}

/** So doubtful a share is not known. */
export const UNKNOWN_DOUBT = 1
