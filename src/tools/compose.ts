import { composeInput, sizeOf, type ComposeInput } from './compose/compose-input.ts'
import { filmCommands, type Film } from './compose/commands.ts'
import { framesOf, makeTimeline, type Clip } from './compose/timeline.ts'
import { isStill } from './expected-length.ts'
import { VIDEO_ENCODERS } from './media-encoders.ts'
import { soundSeconds } from './sound-length.ts'
import { filmOf, refuseField, soundOf } from './source-field.ts'
import { checkCaptionSources, planCaptions } from './subtitles/plan-captions.ts'
import { srtDocument } from './subtitles/srt-document.ts'
import type { ArtifactSpec, MediaInfo, Plan, PlanFile, Requirements, Tool, Workspace } from './tool.ts'

/** Clips, pictures, a voice, music and subtitles become one film. */
export const composeTool: Tool<ComposeInput> = {
  name: 'compose',
  title: 'Put clips, a voice, music and subtitles together',
  input: composeInput,
  check,
  sources: (wanted) => sourcesOf(wanted).all,
  settle: (wanted, random) => ({ ...wanted, seed: wanted.seed ?? random(2 ** 32) }),
  requires,
  presets: [
    { name: 'short', title: 'Upright, for phones', input: { aspect: '9:16', fit: 'blur', clip_seconds: 5, transition: 'fade' } },
    { name: 'slides', title: 'Slow slides', input: { clip_seconds: 6, transition: 'fade', transition_seconds: 1 } },
  ],
  plan,
}

/** What is staged, each file once, and where each stands among all. */
function sourcesOf({ clips, voice, music, subtitles }: ComposeInput) {
  const all = [...new Set([...clips.map(({ source }) => source), voice, music, subtitles?.source].filter((source) => source !== undefined))]
  const placeOf = (source: string | undefined) => (source === undefined ? undefined : all.indexOf(source))
  return { all, clips: clips.map(({ source }) => all.indexOf(source)), voice: placeOf(voice), music: placeOf(music), subtitles: placeOf(subtitles?.source) }
}

function check({ clips, voice, duration_seconds, width, height, subtitles }: ComposeInput): void {
  clips.forEach(({ start_seconds: start, end_seconds: end }, index) => {
    if (end !== undefined && end <= start) refuseField(`clips[${index}].end_seconds`, 'is not after start_seconds')
  })
  if (voice !== undefined && duration_seconds !== undefined) refuseField('duration_seconds', 'cannot be given together with voice, which the film is as long as', 'Leave one of them out')
  if ((width === undefined) !== (height === undefined)) refuseField(width === undefined ? 'width' : 'height', 'is missing: width and height go together', 'Send both, or aspect and short_side')
  if (subtitles) checkCaptionSources(subtitles, 'subtitles')
}

function requires({ transition, still_motion, subtitles, fit, voice, music, clip_volume, ducking }: ComposeInput): Requirements {
  const hasSound = voice !== undefined || music !== undefined || clip_volume !== 0
  return {
    encoders: [VIDEO_ENCODERS.h264.name, ...(hasSound ? ['aac'] : [])],
    filters: [
      'scale', 'crop', 'pad', 'fps', 'tpad', 'trim', 'loop', 'concat', 'premultiply',
      ...(['fade', 'slide', 'shuffle'].includes(transition) ? ['xfade'] : []), ...(still_motion === 'zoom' ? ['perspective'] : []),
      ...(fit === 'blur' ? ['gblur', 'overlay'] : []), ...(subtitles ? ['ass'] : []),
      ...(hasSound ? ['aresample', 'amix', 'alimiter', 'apad'] : []), ...(music !== undefined && voice !== undefined && ducking ? ['sidechaincompress'] : []),
    ],
    muxers: ['mp4', 'mov'],
    ...(subtitles && { fonts: true }),
  }
}

async function plan(wanted: ComposeInput, workspace: Workspace): Promise<Plan> {
  const places = sourcesOf(wanted)
  const { voice } = wanted
  const clips = await probeClips(wanted, places.clips, workspace)
  const voiceFile = places.voice === undefined ? undefined : workspace.inputs[places.voice]!
  const musicFile = places.music === undefined ? undefined : workspace.inputs[places.music]!
  if (musicFile !== undefined) soundOf(await workspace.probe(musicFile), 'music')
  const asked = voiceFile === undefined ? wanted.duration_seconds : await soundSeconds(voiceFile, workspace, 'voice')
  const { width, height } = sizeOf(wanted)
  const { fps } = wanted
  const frames = asked === undefined ? undefined : Math.max(1, Math.round(asked * fps))
  const look = { width, height, framesPerSecond: fps, fit: wanted.fit, background: `0x${wanted.background.slice(1)}` }
  const seed = wanted.seed ?? 0
  const films = Array.from({ length: wanted.count }, (_, index) => ({
    file: index === 0 ? 'video.mp4' : `video-${index + 1}.mp4`,
    segments: makeTimeline(clips, {
      framesPerSecond: fps, frames, order: wanted.order, clipFrames: wanted.clip_seconds && Math.round(wanted.clip_seconds * fps),
      transition: wanted.transition, transitionFrames: Math.max(1, Math.round(wanted.transition_seconds * fps)),
      movesStills: wanted.still_motion === 'zoom', seed: (seed + index) % 2 ** 32,
    }),
  }))
  const seconds = framesOf(films[0]!.segments) / fps
  const captions = wanted.subtitles && await planCaptions(wanted.subtitles, {
    workspace, seconds: asked ?? seconds, width, height, file: places.subtitles === undefined ? undefined : workspace.inputs[places.subtitles],
  })
  const made = films.map((film) => filmCommands({
    ...film, look, quality: wanted.quality, subtitles: captions && ASS_FILE, clipVolume: wanted.clip_volume ?? (voice === undefined ? 1 : 0),
    voice: voiceFile === undefined ? undefined : { input: voiceFile, volume: wanted.voice_volume },
    music: musicFile === undefined ? undefined
      : { input: musicFile, volume: wanted.music_volume, fadeSeconds: wanted.music_fade_seconds, isDucked: wanted.ducking },
  } satisfies Film, workspace))
  const srt = captions && captions.captions.length > 0 ? { file: 'subtitles.srt', text: srtDocument(captions.captions) } : undefined
  return {
    commands: made.flatMap(({ commands }) => commands),
    files: [...made.flatMap(({ files }) => files), ...(captions ? [{ file: ASS_FILE, text: captions.ass }] : []), ...(srt ? [srt] : [])] satisfies PlanFile[],
    artifacts: [
      ...films.map(({ file, segments }): ArtifactSpec => {
        const long = framesOf(segments) / fps
        return { file, contentType: 'video/mp4', media: { isTimed: true, declaredSeconds: { video: long, audio: long } } }
      }),
      ...(srt ? [{ file: srt.file, contentType: 'application/x-subrip' }] : []),
    ],
    result: { width, height, fps, duration_seconds: Math.round(seconds * 1000) / 1000, seed, clips_shown: films[0]!.segments.length },
  }
}

const ASS_FILE = 'subtitles.ass'

async function probeClips({ clips, clip_volume, voice }: ComposeInput, places: readonly number[], workspace: Workspace): Promise<readonly Clip[]> {
  const probed: Clip[] = []
  for (const [index, { start_seconds: start, end_seconds: end }] of clips.entries()) {
    const field = `clips[${index}].source`
    const info = await workspace.probe(workspace.inputs[places[index]!]!)
    const { stream, width, height, seconds } = filmOf(info, field)
    const whole = isStill(info) ? undefined : seconds
    if (whole !== undefined && start >= whole) refuseField(`clips[${index}].start_seconds`, `is not before the end: the clip has ${Math.round(whole * 100) / 100} s`)
    const until = whole === undefined ? end : Math.min(end ?? Infinity, whole)
    probed.push({
      input: places[index]!, kind: isStill(info) ? 'still' : 'film', startSeconds: start, seconds: until === undefined ? undefined : until - start,
      framesPerSecond: stream.framesPerSecond, pixels: width * height, hasSound: hasSound(info) && (clip_volume ?? (voice === undefined ? 1 : 0)) > 0,
    })
  }
  return probed
}

function hasSound({ streams }: MediaInfo): boolean {
  return streams.some(({ kind }) => kind === 'audio')
}
