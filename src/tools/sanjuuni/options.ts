import { HubError } from '../../errors.ts'
import type { ConverterOptions, Dither, PaletteMethod } from './converter-options.ts'
import { fitSize, type Size } from './fit-size.ts'
import { wallOf } from './monitors.ts'
import { givenOptions } from './options-given.ts'
import type { Said } from './options-table.ts'
import { refuseArgument, splitWords } from './options-words.ts'
import { readOutputFormat, type OutputFormat } from './output-formats.ts'

/** What a command line says; what it does not say is not there. */
export interface RequestedOptions extends Omit<Said, 'format' | 'note'> {
  readonly format: OutputFormat
  /** What was accepted and changes nothing, for the job's log. */
  readonly notes: readonly string[]
}

/**
 * Reads sanjuuni's options: by their short names, alone or clustered, by their long ones or the beginnings of these.
 * `outputFormat` wins over a format among them; `lua` is made where neither is said. Throws a HubError `invalid_input`
 * that names the argument.
 */
export function readOptions(args: readonly string[], outputFormat?: string): RequestedOptions {
  let said: Said = {}
  const notes: string[] = []
  let monitorsAt = 0
  for (const { option, value, index } of givenOptions(splitWords(args))) {
    const { note, ...more } = option.read(value) ?? refuseArgument(index, `--${option.names.at(-1)} ${option.takes}`)
    if (note !== undefined) notes.push(note)
    if (more.monitors !== undefined) monitorsAt = index
    said = merge(said, more)
  }
  const format = outputFormat === undefined ? said.format ?? 'lua' : readOutputFormat(outputFormat)
  if (said.monitors && (format === 'nfp' || format === 'raw')) {
    refuseArgument(monitorsAt, `--monitor-size: ${format} holds one picture for one monitor; use 32vid, bimg or lua`)
  }
  if (said.compression !== undefined && format !== '32vid') notes.push(`--compression is about 32vid and changes nothing in ${format}`)
  if (said.isBinary && format !== 'bimg') notes.push(`--binary is about bimg and changes nothing in ${format}`)
  if (said.trimsBorders && !said.monitors) notes.push('--trim-borders changes nothing without --monitor-size')
  return { ...said, format, notes }
}

/** What the converter is to make of a source of that size. Not for a GIF, which has no cells. Throws a HubError. */
export function converterOptions(requested: RequestedOptions, source: Size): ConverterOptions {
  const { format, palette = 'median-cut', fixedColors, dither = 'diffusion', colorSpace = 'rgb', isNfpized = false } = requested
  if (format === 'gif') throw new HubError('internal', 'A GIF is not made of cells')
  const size = fitSize(requested, source)
  const { monitors: monitor, trimsBorders = false } = requested
  const monitors = monitor && wallOf({ ...monitor, trimsBorders }, { ...size, format })
  return {
    format, ...size, ...(monitors && { monitors }),
    picture: { palette, ...(fixedColors && { fixedColors }), dither, colorSpace, isNfpized },
    compression: requested.compression ?? 'ans',
    isBinary: requested.isBinary ?? false, isDfpwm: requested.isDfpwm ?? false, isMute: requested.isMute ?? false,
  }
}

/** The later one wins, but for what the reference decides by rank. */
function merge(said: Said, more: Said): Said {
  return {
    ...said, ...more,
    ...(said.palette && more.palette && { palette: higher(PALETTE_RANKS, said.palette, more.palette) }),
    ...(said.dither && more.dither && { dither: higher(DITHER_RANKS, said.dither, more.dither) }),
  }
}

const PALETTE_RANKS: readonly PaletteMethod[] = ['median-cut', 'k-means', 'octree', 'default']
const DITHER_RANKS: readonly Dither[] = ['diffusion', 'ordered', 'none']

function higher<Name>(ranks: readonly Name[], one: Name, other: Name): Name {
  return ranks.indexOf(one) > ranks.indexOf(other) ? one : other
}
