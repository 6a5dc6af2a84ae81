import { HubError } from '../../errors.ts'
import { nearestName } from '../nearest-name.ts'
import type { VideoFormat } from './converter-options.ts'

/** A GIF shows anywhere what the size would look like; ffmpeg makes it, and no cells are involved. */
export type OutputFormat = VideoFormat | 'gif'

/** The format that is meant by `bimg`, `.bimg` or `BIMG`. Throws a HubError that names the nearest. */
export function readOutputFormat(name: string): OutputFormat {
  const wanted = name.trim().toLowerCase().replace(/^\./, '')
  const format = FORMATS.get(wanted)
  if (format !== undefined) return format
  const nearest = nearestName(wanted, FORMATS.keys())
  const guess = nearest === undefined ? '' : `; did you mean ${nearest}?`
  const message = `${JSON.stringify(name.slice(0, 40))} is no format that is made here${guess}`
  throw new HubError('invalid_input', message, {
    hint: `There are ${OUTPUT_FORMATS.join(', ')}`, errors: [{ path: 'output_format', message }],
  })
}

export const OUTPUT_FORMATS: readonly OutputFormat[] = ['lua', 'nfp', 'raw', 'bimg', '32vid', 'gif']

const FORMATS: ReadonlyMap<string, OutputFormat> = new Map([
  ...OUTPUT_FORMATS.map((format) => [format, format] as const), ['blit-image', 'bimg'], ['32v', '32vid'],
])
