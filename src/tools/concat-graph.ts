/** What one source gives to the whole. */
export interface Part {
  readonly picture: 'film' | 'still' | 'none'
  readonly hasSound: boolean
  /** undefined where it does not tell. */
  readonly seconds: number | undefined
}

export interface Frame {
  readonly width: number
  readonly height: number
  readonly fps: number
}

export interface ConcatOptions {
  /** undefined for sound alone. */
  readonly frame: Frame | undefined
  /** Such as `#000000`. */
  readonly background: string
  /** With more than 0 every part tells its length, and is long enough. */
  readonly crossfadeSeconds: number
}

export interface ConcatGraph {
  readonly graph: string
  /** What comes out, for `-map`. */
  readonly maps: readonly string[]
}

interface Stream {
  readonly kind: 'v' | 'a'
  readonly label: string
  readonly chain: string
}

/**
 * ffmpeg's filters that join parts, of which input n is part n. Each is made to fit first: its picture within the
 * frame, on the background, and its sound to stereo of 48 kHz; what it lacks is background and silence.
 */
export function concatGraph(parts: readonly Part[], options: ConcatOptions): ConcatGraph {
  const { frame, crossfadeSeconds } = options
  const hasSound = parts.some((part) => part.hasSound)
  const streams = parts.map((part, index): readonly Stream[] => [
    ...(frame === undefined ? [] : [{ kind: 'v', label: `v${index}`, chain: pictureOf(part, index, { ...options, frame }) } as const]),
    ...(hasSound ? [{ kind: 'a', label: `a${index}`, chain: soundOf(part, index, options) } as const] : []),
  ])
  const kinds = [...(frame === undefined ? [] : ['v' as const]), ...(hasSound ? ['a' as const] : [])]
  const made = streams.flat().map(({ chain, label }) => `${chain}[${label}]`)
  const joined = crossfadeSeconds > 0 ? kinds.flatMap((kind) => faded(kind, parts, options)) : [sideBySide(streams, options)]
  return { graph: [...made, ...joined].join(';'), maps: kinds.map((kind) => `[${kind}]`) }
}

/** The filter `concat` fills sound up with silence; a picture that ends before its sound has to be held. */
function sideBySide(streams: readonly (readonly Stream[])[], { frame }: ConcatOptions): string {
  const inputs = streams.flat().map(({ label }) => `[${label}]`).join('')
  const hasSound = streams[0]!.some(({ kind }) => kind === 'a')
  const outputs = `${frame === undefined ? '' : '[joined]'}${hasSound ? '[a]' : ''}`
  const held = frame === undefined ? '' : `;[joined]fps=${frame.fps}[v]`
  return `${inputs}concat=n=${streams.length}:v=${frame === undefined ? 0 : 1}:a=${hasSound ? 1 : 0}${outputs}${held}`
}

/** Each part comes in before the one in front of it is over. */
function faded(kind: 'v' | 'a', parts: readonly Part[], options: ConcatOptions): readonly string[] {
  const { crossfadeSeconds: fade } = options
  let begin = 0
  return parts.slice(1).map((_, index) => {
    const before = index === 0 ? `${kind}0` : `${kind}to${index}`
    const after = index === parts.length - 2 ? kind : `${kind}to${index + 1}`
    begin += lengthOf(parts[index]!, options) - fade
    const filter = kind === 'v' ? `xfade=transition=fade:duration=${fade}:offset=${rounded(begin)}` : `acrossfade=d=${fade}`
    return `[${before}][${kind}${index + 1}]${filter}[${after}]`
  })
}

function pictureOf(part: Part, index: number, options: ConcatOptions & { readonly frame: Frame }): string {
  const { frame: { width, height, fps }, background, crossfadeSeconds } = options
  const color = `0x${background.slice(1)}`
  const rate = [`fps=${fps}:start_time=0`, ...(crossfadeSeconds > 0 ? held(lengthOf(part, options)) : [])]
  // Without a length it is one frame, which is held for as long as the sound plays.
  if (part.picture === 'none') return [`color=c=${color}:s=${width}x${height}:r=${fps}:d=${rounded(part.seconds ?? 1 / fps)}`, 'setsar=1', 'format=yuv420p', ...rate].join(',')
  const fitted = [
    // What has pixels that are not square is as wide as it is shown.
    'scale=iw*sar:ih', 'setsar=1', `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2`,
    `pad=${width}:${height}:(ow-iw)/2:(oh-ih)/2:color=${color}`, 'setsar=1', 'format=yuv420p',
  ]
  const shown = part.picture === 'film' ? [] : ['settb=AVTB', 'loop=loop=-1:size=1', `setpts=N/(${fps}*TB)`, `trim=duration=${rounded(part.seconds ?? 1 / fps)}`]
  return `[${index}:V:0]${[...fitted, ...shown, ...rate].join(',')}`
}

/** To the frame: what fades has to be as long as it was taken to be. */
function held(seconds: number): readonly string[] {
  return [`tpad=stop_mode=clone:stop_duration=${rounded(seconds)}`, `trim=duration=${rounded(seconds)}`, 'setpts=PTS-STARTPTS']
}

function soundOf(part: Part, index: number, options: ConcatOptions): string {
  const fitted = ['aresample=48000:async=1:first_pts=0', 'aformat=sample_fmts=fltp:channel_layouts=stereo']
  const seconds = options.crossfadeSeconds > 0 ? lengthOf(part, options) : undefined
  const ends = seconds === undefined ? [] : [`apad=whole_dur=${rounded(seconds)}`, `atrim=duration=${rounded(seconds)}`, 'asetpts=PTS-STARTPTS']
  if (part.hasSound) return `[${index}:a:0]${[...fitted, ...ends].join(',')}`
  return ['anullsrc=r=48000:cl=stereo', `atrim=duration=${rounded(seconds ?? part.seconds ?? SHORT_SECONDS)}`, ...fitted.slice(1)].join(',')
}

/** Where nobody knows how much silence is needed, the filter `concat` makes more of it. */
const SHORT_SECONDS = 0.05

/** Whole frames, where there are frames. */
function lengthOf({ seconds = 0 }: Part, { frame }: ConcatOptions): number {
  return frame === undefined ? seconds : Math.round(seconds * frame.fps) / frame.fps
}

function rounded(seconds: number): string {
  return String(Math.round(seconds * 1e6) / 1e6)
}
