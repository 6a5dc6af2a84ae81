import { hasEnded, type JobHandle } from '../client/index.ts'
import { attended } from './attended.ts'
import { type Call, defineCommand, HUB_OPTIONS, theOnly } from './command.ts'
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts'
import { followJob } from './follow-job.ts'
import { type FrameFormat, type FramePlace, framePlace } from './frame-place.ts'
import { followingPatience } from './open-hub.ts'
import type { Progress } from './progress-bar.ts'
import type { ProgressView } from './progress-view.ts'
import { saveFrames } from './save-frames.ts'
import { UsageError } from './shell.ts'
import { checkInputs, uploadSources } from './upload-sources.ts'

const FITS = ['pad', 'contain', 'stretch'] as const
const FORMATS = ['png', 'jpeg', 'webp', 'raw'] as const satisfies readonly FrameFormat[]

const OPTIONS = {
  size: {
    type: 'string', short: 's', value: 'WxH',
    help: 'pixels, for example 164x81; 640x or x360 leaves the other to the aspect; else the source\'s own',
  },
  fps: { type: 'string', value: 'N', help: 'frames per second; 10' },
  fit: { type: 'string', value: 'FIT', help: 'contain keeps the aspect (the default), pad fills up with black too, stretch does not keep it' },
  format: { type: 'string', short: 'f', value: 'FORMAT', help: 'png (the default), jpeg, webp or raw (RGB, three bytes a pixel)' },
  out: { type: 'string', short: 'o', value: 'OUT', help: 'a directory, which is made, or FILE.pack' },
  verbose: { type: 'boolean', short: 'v', help: 'what the tool says, above the bar' },
  quiet: { type: 'boolean', short: 'q', help: 'nothing on stderr but errors' },
  keep: { type: 'boolean', help: 'Ctrl-C leaves the job running; without this it cancels it' },
  ...HUB_OPTIONS,
} as const

export const frames = defineCommand({
  name: 'frames',
  summary: 'take a video apart into frames and sound, written as they are made',
  usage: ['FILE|URL -o DIRECTORY/ [--size WxH] [--fps N] [--fit FIT] [--format FORMAT]', 'FILE|URL -o FILE.pack …'],
  options: OPTIONS,
  notes: [
    'A directory gets frame_000001.png and so on; a pack is one file: u32be count, then for each frame u32be size and its bytes.',
    'The sound, if there is any, is put beside: audio.dfpwm, audio_left.dfpwm and audio_right.dfpwm, DFPWM of 48 kHz.',
    'The exit code is the job\'s: 0 completed, 1 failed, 130 cancelled; 2 for wrong usage, 3 for a hub that does not answer.',
  ],
  async run(call) {
    const { shell, values } = call
    const source = theOnly(call.positionals, 'FILE|URL')
    const wanted = readWanted(values)
    await checkInputs([source])
    const place = await framePlace(values.out, wanted.format ?? 'png')
    return attended(shell, values, async ({ hub, view, interruption, signal }) => {
      const [uploaded] = await uploadSources(hub, [source], { shell, view, signal })
      // Not to be aborted: a job that was taken in and whose id is not known could not be cancelled.
      const job = await hub.submit('video_frame', { source: uploaded, ...wanted })
      interruption.has(job)
      // The frames have a handle of their own, since the one that is followed must not run ahead of its events.
      return await seeThrough(call, { followed: job, framed: hub.job(job.id), place, view, signal })
    })
  },
})

/** Follows the job and saves its frames at the same time; what ends one with an error ends both. */
async function seeThrough({ shell, values }: Call<typeof OPTIONS>, { followed, framed, place, view, signal }: {
  readonly followed: JobHandle
  readonly framed: JobHandle
  readonly place: FramePlace
  readonly view: ProgressView
  readonly signal: AbortSignal
}): Promise<ExitCode> {
  const patienceMs = followingPatience(values)
  const other = new AbortController()
  const options = { patienceMs, signal: AbortSignal.any([signal, other.signal]) }
  const following = followJob(followed, {
    ...options, view, after: 'start', logs: values.verbose ? 'shown' : 'hidden', events: values.json ? shell.stdout : undefined,
  })
  const saving = saveFrames(framed, place, {
    ...options,
    // Until then the bar is that of the job.
    onFrame: (number) => hasEnded(followed.job.status) && view.show(remaining(number, Number(followed.job.result['current_frames']))),
  })
  try {
    const [{ status }, summary] = await Promise.all([following, saving])
    const code = exitCodeOf(status)
    if (code === EXIT.done) await place.finish()
    view.clear()
    view.print([summary])
    return code
  } finally {
    other.abort()
    await Promise.allSettled([following, saving])
    await place.close()
  }
}

function remaining(number: number, total: number): Progress {
  return { label: 'frames', percent: (100 * number) / Math.max(number, total), facts: [`${number} of ${total}`] }
}

interface Wanted {
  readonly width?: number
  readonly height?: number
  readonly fps?: number
  readonly fit?: typeof FITS[number]
  readonly format?: FrameFormat
}

function readWanted({ size, fps, fit, format }: Call<typeof OPTIONS>['values']): Wanted {
  const rate = fps === undefined ? undefined : Number(fps)
  if (rate !== undefined && !(fps !== '' && rate > 0 && rate < Infinity)) throw new UsageError(`--fps takes a number above 0, not "${fps}"`)
  return {
    ...(size !== undefined && readSize(size)),
    ...(rate !== undefined && { fps: rate }),
    ...(fit !== undefined && { fit: oneOf(FITS, fit, 'fit') }),
    ...(format !== undefined && { format: oneOf(FORMATS, format, 'format') }),
  }
}

function readSize(text: string): Pick<Wanted, 'width' | 'height'> {
  const [, width, height] = /^(\d{0,5})x(\d{0,5})$/.exec(text) ?? []
  if (!width && !height) throw new UsageError(`--size takes WIDTHxHEIGHT in pixels, for example 164x81, not "${text}"`)
  return { ...(width && { width: Number(width) }), ...(height && { height: Number(height) }) }
}

function oneOf<Name extends string>(names: readonly Name[], value: string, option: string): Name {
  const found = names.find((name) => name === value)
  if (found === undefined) throw new UsageError(`--${option} is one of ${names.join(', ')}, not "${value}"`)
  return found
}
