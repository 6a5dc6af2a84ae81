import type { CheckedArguments, CheckedOption } from './ffmpeg-arguments.ts'

/**
 * What of these arguments reaches far into ffmpeg: graphs of several inputs, the encoders' own parameters, and filters
 * that are more than a plain change of picture or sound. It is harmless as far as is known; should it not be, a wall is
 * to stand around it.
 */
export function sandboxedArguments({ options, filters }: Pick<CheckedArguments, 'options' | 'filters'>): readonly string[] {
  const named = options.filter((option) => SANDBOXED_OPTIONS.has(option.name) && !isChain(option)).map(({ name }) => `-${name}`)
  return [...new Set([...named, ...filters.filter((name) => !PLAIN_FILTERS.has(name)).map((name) => `the filter ${name}`)])]
}

/** `pan=mono|c0=FL`, as programs for ComputerCraft send it: filters in a row, as `-vf` and `-af` take them. */
function isChain({ name, value }: CheckedOption): boolean {
  return GRAPHS.has(name) && !/[[\];]/.test(value)
}

const GRAPHS = words('filter_complex lavfi')
const SANDBOXED_OPTIONS = words('filter_complex lavfi x264-params x264opts x265-params svtav1-params aom-params')

const PLAIN_FILTERS = words(`
  null copy scale fps framerate crop pad format setsar setdar setpts settb transpose hflip vflip rotate trim fade yadif bwdif
  hqdn3d unsharp eq hue negate gblur boxblur colorbalance curves vignette deband split palettegen paletteuse thumbnail tile
  anull aresample aformat asetpts asettb asetnsamples asetrate atrim afade volume loudnorm dynaudnorm atempo pan highpass
  lowpass bandpass equalizer bass treble acompressor alimiter compand silencedetect silenceremove volumedetect ebur128 adelay
  aecho asplit channelmap channelsplit stereotools extrastereo
`)

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}
