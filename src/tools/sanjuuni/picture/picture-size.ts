/** In pixels: the width is even, the height a multiple of three. */
export interface PictureSize {
  readonly width: number
  readonly height: number
}
