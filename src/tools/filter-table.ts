import { AUDIO_FILTERS } from './audio-filters.ts'
import { SOUND_PICTURE_FILTERS, SOURCE_FILTERS } from './source-filters.ts'
import { VIDEO_FILTERS } from './video-filters.ts'

export interface FilterEntry {
  /** Keys that a value without one stands for, in ffmpeg's order. */
  readonly positional: readonly string[]
  /** Every spelling of an option, to the first one. */
  readonly keys: ReadonlyMap<string, string>
}

/** What a request may use of that filter; undefined where it may not use it at all. */
export function findFilter(name: string): FilterEntry | undefined {
  const options = SPECIFICATIONS.get(name)
  return options === undefined ? undefined : readEntry(options)
}

export function filterNames(): readonly string[] {
  return [...SPECIFICATIONS.keys()]
}

export function isSource(name: string): boolean {
  return Object.hasOwn(SOURCE_FILTERS, name)
}

/** Why a filter that ffmpeg has is not to be had here; undefined where it is simply not in the table. */
export function reasonAgainst(name: string): string | undefined {
  return REASONS.find(([names]) => names.test(name))?.[1]
}

/** Options that name a file, a font file, a library or an address; none of them is in the table. */
export function namesFile(key: string): boolean {
  return FILE_KEYS.has(key)
}

const SPECIFICATIONS: ReadonlyMap<string, string> = new Map(
  [VIDEO_FILTERS, AUDIO_FILTERS, SOURCE_FILTERS, SOUND_PICTURE_FILTERS].flatMap((table) => Object.entries(table)),
)

const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^a?movie$/, 'it opens a file or a URL; give another input instead'],
  [/^(subtitles|ass)$/, 'it reads a file; map a subtitle stream of an input instead'],
  [/^(lut3d|lut1d|haldclut|removelogo|find_rect|cover_rect|signature|vidstab\w+|life|cellauto|flite|bm3d|showcqt|sofalizer)$/,
    'it reads or writes a file'],
  [/^(psnr|ssim|libvmaf|vmafmotion)$/, 'it writes a file of statistics'],
  [/^(arnndn|sr|derain|dnn_\w+|nnedi|asr)$/, 'it loads a model from a file'],
  [/^(ladspa|lv2|frei0r\w*|libplacebo|program_opencl|openclsrc|ocv|coreimage\w*|vapoursynth)$/, 'it loads code from outside'],
  [/^a?(zmq|sendcmd)$/, 'it changes other filters while they run, past this check'],
  [/_(opencl|vulkan|vaapi|qsv|cuda|npp|videotoolbox)$|^(hw(upload|download|map)\w*)$/, 'it opens a device'],
  [/^a?(realtime|latency)$/, 'it makes the job wait'],
  [/^a?reverse$/, 'it keeps every frame in memory'],
  [/^a?(showinfo|graphmonitor|drawgraph)$|^datascope$/, 'it is for debugging'],
]

const FILE_KEYS: ReadonlySet<string> = new Set([
  'filename', 'file', 'f', 'textfile', 'fontfile', 'psfile', 'plot', 'stats_file', 'model', 'm', 'result', 'input',
  'dumpfile', 'debug_kdtree', 'axisfile', 'source', 'bitmap', 'log_path', 'model_path', 'fontsdir', 'plugin', 'uri',
  'url', 'bind_address', 'sofa', 'custom_shader_path', 'opencl',
])

function readEntry(specification: string): FilterEntry {
  const [positional = '', keyed = ''] = ` ${specification} `.split(' / ')
  const keys = new Map<string, string>(COMMON_KEYS)
  for (const spellings of words(`${positional} ${keyed}`)) {
    const [first = '', ...others] = spellings.split('|')
    for (const spelling of [first, ...others]) keys.set(spelling, first)
  }
  return { positional: words(positional).map((spellings) => spellings.split('|')[0] ?? ''), keys }
}

/** Of every filter that can be switched on and off over time. */
const COMMON_KEYS: readonly (readonly [string, string])[] = [['enable', 'enable']]

function words(text: string): readonly string[] {
  return text.split(' ').filter((word) => word !== '')
}
