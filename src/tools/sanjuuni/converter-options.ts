/** What the converter is told to make. Plain data: it travels to the program as JSON. */
export interface ConverterOptions {
  readonly format: VideoFormat
  readonly picture: PictureOptions
  /** Pixels of the whole picture, all monitors together; a cell is two wide and three high. */
  readonly width: number
  readonly height: number
  readonly monitors?: MonitorWall
  /** Of 32vid. */
  readonly compression: Compression
  /** BIMG without the escapes that a text editor needs. */
  readonly isBinary: boolean
  /** Sound as DFPWM1a and not as unsigned bytes. */
  readonly isDfpwm: boolean
  readonly isMute: boolean
}

export type VideoFormat = 'lua' | 'nfp' | 'raw' | 'bimg' | '32vid'

export type Compression = 'none' | 'ans' | 'deflate' | 'custom'

/** How pixels become cells. */
export interface PictureOptions {
  readonly palette: PaletteMethod
  /** 16 entries where colours are given: `[red, green, blue]`, or null where one is to be found. */
  readonly fixedColors?: readonly (readonly [number, number, number] | null)[]
  readonly dither: Dither
  /** Where distances between colours are measured. */
  readonly colorSpace: ColorSpace
  /** Cells of one colour each, as a pixel of `paint`. */
  readonly isNfpized: boolean
}

/** `default` is ComputerCraft's own 16 colours. */
export type PaletteMethod = 'median-cut' | 'octree' | 'k-means' | 'default'

export type Dither = 'diffusion' | 'ordered' | 'none'

export type ColorSpace = 'rgb' | 'lab'

/** Several monitors side by side, each with a crop of the picture and a palette of its own. */
export interface MonitorWall {
  readonly columns: number
  readonly rows: number
  /** Of one monitor. */
  readonly blocks: { readonly width: number; readonly height: number }
  /** `monitor.setTextScale` in the game: 0.5 to 5 in steps of 0.5. */
  readonly textScale: number
  /** Leaves out the pixels that the monitors' frames would hide. */
  readonly trimsBorders: boolean
}
