import type { HubClient, JobHandle } from '../client/index.ts'
import { attended } from './attended.ts'
import { type Call, defineCommand, HUB_OPTIONS } from './command.ts'
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts'
import { followJob } from './follow-job.ts'
import { followingPatience, hubUrl } from './open-hub.ts'
import type { ProgressView } from './progress-view.ts'
import { checkDestination, saveArtifacts } from './save-artifacts.ts'
import { UsageError, write } from './shell.ts'
import { inputMaker, toolFlags } from './tool-input.ts'
import { checkInputs, uploadSources } from './upload-sources.ts'

const OPTIONS = {
  in: {
    type: 'string', short: 'i', multiple: true, value: 'FILE|URL',
    help: 'what to read: a file, - for stdin, an address, upload:ID or job:ID/NAME; may come several times',
  },
  out: {
    type: 'string', short: 'o', value: 'FILE',
    help: 'where to put what comes out, - for stdout; without it the addresses are printed',
  },
  format: { type: 'string', short: 'f', value: 'FORMAT', help: 'mp4, mp3, gif …; else what the name of -o ends in' },
  preset: { type: 'string', short: 'p', value: 'NAME', help: 'what people mostly want of the tool; reeltime tools TOOL lists them. Options beside it win' },
  input: { type: 'string', value: 'JSON', help: 'the whole input of the tool as JSON, instead of all of these' },
  verbose: { type: 'boolean', short: 'v', help: 'what the tool says, above the bar' },
  quiet: { type: 'boolean', short: 'q', help: 'nothing on stderr but errors' },
  detach: { type: 'boolean', short: 'd', help: 'print the id of the job and leave it running' },
  keep: { type: 'boolean', help: 'Ctrl-C leaves the job running; without this it cancels it' },
  ...HUB_OPTIONS,
} as const

export const run = defineCommand({
  name: 'run',
  summary: 'run a job: send files, watch it, fetch the result',
  usage: ['TOOL [-i] FILE|URL… [-o OUT] [-p PRESET] [OPTION…]', 'ffmpeg|sanjuuni -i FILE|URL… [-o OUT] [-f FORMAT] [-- ARGS…]', 'TOOL --input JSON [-o OUT]'],
  options: OPTIONS,
  moreOptions: (argv) => toolFlags(OPTIONS, argv),
  notes: [
    'Each tool has options of its own: reeltime run transcode --help. For example: reeltime run transcode film.mov -o film.webm --codec av1 --max-height 720',
    'ARGS are the tool\'s options for the output, for example: reeltime run ffmpeg -i in.mov -o out.mp4 -- -crf 28 -vf scale=-2:480',
    'or, for ComputerCraft: reeltime run sanjuuni -i in.mp4 -o out.32vid -- --width=328 --height=243',
    'The exit code is the job\'s: 0 completed, 1 failed, 130 cancelled; 2 for wrong usage, 3 for a hub that does not answer.',
  ],
  async run(call) {
    const { shell, values } = call
    const [tool, ...files] = call.positionals
    if (tool === undefined) throw new UsageError('TOOL is missing')
    const inputs = [...(values.in ?? []), ...files]
    const { named, make } = await inputMaker(tool, { ...values, in: inputs, args: call.rest, flags: call.more })
    await checkInputs([...inputs, ...named])
    if (values.out !== undefined) await checkDestination(values.out)
    return attended(shell, values, async ({ hub, view, interruption, signal }) => {
      const sources = await uploadSources(hub, [...inputs, ...named], { shell, view, signal })
      // Not to be aborted: a job that was taken in and whose id is not known could not be cancelled.
      const job = await hub.submit(tool, make(sources.slice(0, inputs.length), sources.slice(inputs.length)))
      if (values.detach) {
        await write(shell.stdout, `${job.id}\n`)
        return EXIT.done
      }
      interruption.has(job)
      return await seeThrough(job, call, { hub, view, signal })
    })
  },
})

async function seeThrough(
  job: JobHandle, { shell, values }: Call<typeof OPTIONS>,
  { view, signal }: { readonly hub: HubClient; readonly view: ProgressView; readonly signal: AbortSignal },
): Promise<ExitCode> {
  const patienceMs = followingPatience(values)
  const { status, artifacts } = await followJob(job, {
    view, signal, patienceMs, after: 'start',
    logs: values.verbose ? 'shown' : 'hidden', events: values.json ? shell.stdout : undefined,
  })
  if (status !== 'completed') return exitCodeOf(status)
  if (values.out !== undefined) {
    await saveArtifacts(job, artifacts, { output: values.out, format: values.format, stdout: shell.stdout, view, patienceMs, signal })
  } else if (!values.json) {
    for (const { url } of artifacts) await write(shell.stdout, `${hubUrl(shell, values)}${url}\n`)
  }
  return exitCodeOf(status)
}
