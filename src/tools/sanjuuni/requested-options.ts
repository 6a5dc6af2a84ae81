import { HubError } from '../../errors.ts'
import { parseMonitorSize } from './monitors.ts'
import { readOptions, type RequestedOptions } from './options.ts'
import type { Said } from './options-table.ts'
import type { SanjuuniInput } from './sanjuuni-input.ts'

/** What the fields and the arguments say together. Throws a HubError `invalid_input` where they say different things. */
export function requestedOptions(input: SanjuuniInput): RequestedOptions {
  const byArguments = readOptions(input.args, input.output_format)
  const byFields = definedOnly({ ...fieldsSaid(input), ...(input.monitors !== undefined && { monitors: monitorSize(input.monitors) }) })
  for (const [name, value] of Object.entries(byFields)) {
    const other = byArguments[name as keyof Said & keyof RequestedOptions]
    if (other !== undefined && JSON.stringify(other) !== JSON.stringify(value)) {
      refuse(FIELDS[name as keyof typeof FIELDS], `is ${describe(value)}, and args say ${describe(other)}`)
    }
  }
  const requested = { ...byArguments, ...byFields }
  if (requested.monitors && (requested.format === 'nfp' || requested.format === 'raw')) {
    refuse('monitors', `cannot be had of ${requested.format}, which holds one picture for one monitor; use 32vid, bimg or lua`)
  }
  if (input.subtitles !== undefined && requested.format === 'gif') refuse('subtitles', 'cannot be had of a GIF')
  return requested
}

function fieldsSaid(input: SanjuuniInput) {
  return {
    width: input.width, height: input.height, framesPerSecond: input.fps, palette: input.palette, dither: input.dither,
    colorSpace: input.color_space, trimsBorders: input.trim_borders, compression: input.compression, isBinary: input.binary,
    isNfpized: input.nfpize, isDfpwm: input.dfpwm, isMute: input.mute,
  }
}

const FIELDS = {
  width: 'width', height: 'height', framesPerSecond: 'fps', palette: 'palette', dither: 'dither', colorSpace: 'color_space',
  monitors: 'monitors', trimsBorders: 'trim_borders', compression: 'compression', isBinary: 'binary',
  isNfpized: 'nfpize', isDfpwm: 'dfpwm', isMute: 'mute',
} as const satisfies Record<keyof ReturnType<typeof fieldsSaid> | 'monitors', keyof SanjuuniInput>

function monitorSize(text: string) {
  return parseMonitorSize(text) ?? refuse('monitors', 'takes the blocks of one monitor and its text scale, such as 8x6@0.5')
}

function describe(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function definedOnly<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as
    { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> }
}

function refuse(path: string, complaint: string): never {
  throw new HubError('invalid_input', `${path} ${complaint}`, { errors: [{ path, message: complaint }] })
}
