import { extname } from 'node:path'
import type { HubClient, JobHandle } from '../client/index.ts'
import { type Call, defineCommand, HUB_OPTIONS, theOnly } from './command.ts'
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts'
import { followJob } from './follow-job.ts'
import { Interruption } from './interruption.ts'
import { followingPatience, hubUrl, openHubPatiently } from './open-hub.ts'
import { createProgressView, type ProgressView } from './progress-view.ts'
import { checkDestination, saveArtifacts } from './save-artifacts.ts'
import { UsageError, write } from './shell.ts'
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
  input: { type: 'string', value: 'JSON', help: 'the whole input of the tool as JSON, instead of -i, -f and ARGS' },
  verbose: { type: 'boolean', short: 'v', help: 'what the tool says, above the bar' },
  quiet: { type: 'boolean', short: 'q', help: 'nothing on stderr but errors' },
  detach: { type: 'boolean', short: 'd', help: 'print the id of the job and leave it running' },
  keep: { type: 'boolean', help: 'Ctrl-C leaves the job running; without this it cancels it' },
  ...HUB_OPTIONS,
} as const

export const run = defineCommand({
  name: 'run',
  summary: 'run a job: send files, watch it, fetch the result',
  usage: ['ffmpeg|sanjuuni -i FILE|URL… [-o OUT] [-f FORMAT] [-- ARGS…]', 'TOOL --input JSON [-o OUT]'],
  options: OPTIONS,
  notes: [
    'ARGS are the tool\'s options for the output, for example: reeltime run ffmpeg -i in.mov -o out.mp4 -- -crf 28 -vf scale=-2:480',
    'or, for ComputerCraft: reeltime run sanjuuni -i in.mp4 -o out.32vid -- --width=328 --height=243',
    'The exit code is the job\'s: 0 completed, 1 failed, 130 cancelled; 2 for wrong usage, 3 for a hub that does not answer.',
  ],
  async run(call) {
    const { shell, values } = call
    const tool = theOnly(call.positionals, 'TOOL')
    const makeInput = inputMaker(tool, call)
    await checkInputs(values.in ?? [])
    if (values.out !== undefined) await checkDestination(values.out)
    const view = createProgressView(shell, { mode: values.quiet || values.json ? 'silent' : 'shown' })
    const interruption = new Interruption(view, { keep: values.keep ? 'running' : 'cancelled' })
    const off = shell.onInterrupt(() => interruption.begin())
    const { signal } = interruption
    try {
      const hub = await openHubPatiently(shell, values, {
        signal, onRetry: (failure, pauseMs) => view.print([`${failure.message}; trying again in ${Math.ceil(pauseMs / 1000)} s`]),
      })
      const sources = await uploadSources(hub, values.in ?? [], { shell, view, signal })
      // Not to be aborted: a job that was taken in and whose id is not known could not be cancelled.
      const job = await hub.submit(tool, makeInput(sources))
      if (values.detach) {
        await write(shell.stdout, `${job.id}\n`)
        return EXIT.done
      }
      interruption.has(job)
      return await seeThrough(job, call, { hub, view, signal })
    } finally {
      view.clear()
      off()
    }
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

function inputMaker(tool: string, { values, rest }: Call<typeof OPTIONS>): (sources: readonly string[]) => unknown {
  if (values.input !== undefined) {
    if (values.in || values.format || rest.length > 0) throw new UsageError('--input says it all: no -i, -f or ARGS beside it')
    const input = parseJson(values.input)
    return () => input
  }
  const makeInput = MAKERS.get(tool)
  if (!makeInput) throw new UsageError(`for "${tool}" give --input JSON; what goes into it: reeltime tools ${tool}`)
  if (!values.in) throw new UsageError('-i is missing: what is to be read')
  const format = values.format ?? (values.out === undefined ? '' : extname(values.out).slice(1).toLowerCase())
  if (format === '') throw new UsageError('say what to make: -o out.mp4, or -f mp4')
  if (tool === 'sanjuuni' && values.in.length > 1) throw new UsageError('sanjuuni reads one video or picture: give -i once')
  return (sources) => makeInput(sources, { format, ...(rest.length > 0 && { args: rest }) })
}

interface Wanted {
  readonly format: string
  readonly args?: readonly string[]
}

/** Tools whose input can be said with -i, -f and ARGS. */
const MAKERS = new Map<string, (sources: readonly string[], wanted: Wanted) => unknown>([
  ['ffmpeg', (sources, wanted) => ({ inputs: sources.map((source) => ({ source })), outputs: [wanted] })],
  ['sanjuuni', ([source], { format, args }) => ({ source, output_format: format, ...(args && { args }) })],
  ['watermark', ([source], { format, args }) => {
    if (args) throw new UsageError('watermark takes no ARGS: for more than taking off what it finds by itself give --input JSON')
    return { source, container: format }
  }],
])

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new UsageError('the value of --input is no JSON', { cause: error })
  }
}
