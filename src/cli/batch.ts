import { MOST_ITEMS } from '../batches/batch.ts'
import type { BatchHandle, HubClient } from '../client/index.ts'
import { attended } from './attended.ts'
import { type Call, defineCommand, HUB_OPTIONS } from './command.ts'
import { EXIT, exitCodeOf, type ExitCode } from './exit-code.ts'
import { failuresOf, followBatch } from './follow-batch.ts'
import type { Interruption } from './interruption.ts'
import { followingPatience, hubUrl } from './open-hub.ts'
import { plainText } from './plain-text.ts'
import type { ProgressView } from './progress-view.ts'
import { checkDestination } from './save-artifacts.ts'
import { checkFolder, saveFolder, saveZip } from './save-batch.ts'
import { UsageError, write } from './shell.ts'
import { inputMaker, type InputMaker, toolFlags } from './tool-input.ts'
import { checkInputs, uploadSources } from './upload-sources.ts'

const OPTIONS = {
  in: {
    type: 'string', short: 'i', multiple: true, value: 'FILE|URL',
    help: 'what to read, one job for each: a file, - for stdin, an address, upload:ID or job:ID/NAME; files need no -i',
  },
  out: { type: 'string', short: 'o', value: 'FOLDER', help: 'where to put what comes out, each under the name of what it was made from; made if need be' },
  zip: { type: 'string', short: 'z', value: 'FILE', help: 'one ZIP archive of all that comes out, - for stdout; without this and -o the addresses are printed' },
  format: { type: 'string', short: 'f', value: 'FORMAT', help: 'mp4, mp3, gif …' },
  preset: { type: 'string', short: 'p', value: 'NAME', help: 'what people mostly want of the tool; reeltime tools TOOL lists them. Options beside it win' },
  input: { type: 'string', multiple: true, value: 'JSON', help: 'the whole input of one job as JSON, instead of all of these; once for each job' },
  quiet: { type: 'boolean', short: 'q', help: 'nothing on stderr but errors' },
  detach: { type: 'boolean', short: 'd', help: 'print the id of the batch and leave it running' },
  keep: { type: 'boolean', help: 'Ctrl-C leaves the batch running; without this it cancels it' },
  ...HUB_OPTIONS,
} as const

export const batch = defineCommand({
  name: 'batch',
  summary: 'run one tool over many files: send them, watch all, fetch the results',
  usage: ['TOOL [-i] FILE|URL… [-o FOLDER] [--zip FILE] [-p PRESET] [OPTION…]', 'ffmpeg|sanjuuni FILE|URL… -f FORMAT [-o FOLDER] [--zip FILE] [-- ARGS…]', 'TOOL --input JSON…'],
  options: OPTIONS,
  moreOptions: (argv) => toolFlags(OPTIONS, argv),
  notes: [
    'Each tool has options of its own, as with run. For example: reeltime batch audio *.mov --format mp3 -o songs/',
    'or, with arguments of ffmpeg: reeltime batch ffmpeg *.mov -f mp4 --zip small.zip -- -crf 28 -vf scale=-2:480',
    'All jobs are taken in or none. watch, get, cancel, retry and rm take the id of a batch too; retry runs again what failed.',
    'The exit code: 0 all completed, 1 one failed, 130 cancelled; 2 for wrong usage, 3 for a hub that does not answer.',
  ],
  async run(call) {
    const { shell, values } = call
    const [tool, ...files] = call.positionals
    if (tool === undefined) throw new UsageError('TOOL is missing')
    const inputs = [...(values.in ?? []), ...files]
    const { named, make } = await inputsMaker(tool, inputs, call)
    await checkInputs([...inputs, ...named])
    if (values.out !== undefined) await checkFolder(values.out)
    if (values.zip !== undefined) await checkDestination(values.zip)
    return attended(shell, values, async ({ hub, view, interruption, signal }) => {
      const sources = await uploadSources(hub, [...inputs, ...named], { shell, view, signal })
      const made = await submit(hub, tool, make(sources.slice(0, inputs.length), sources.slice(inputs.length)))
      if (values.detach) {
        await write(shell.stdout, `${made.id}\n`)
        return EXIT.done
      }
      interruption.has(made)
      return await seeThrough(made, call, { view, interruption })
    })
  },
})

interface InputsMaker extends Pick<InputMaker, 'named'> {
  make(...known: Parameters<InputMaker['make']>): readonly object[]
}

/** Of the sources, once they are known, the input of each job. Throws UsageError for what the tool would refuse. */
async function inputsMaker(tool: string, inputs: readonly string[], { values, rest, more }: Call<typeof OPTIONS>): Promise<InputsMaker> {
  const { input: whole = [], out: _, ...asked } = values
  const count = Math.max(whole.length, inputs.length)
  if (count > MOST_ITEMS) throw new UsageError(`a batch takes at most ${MOST_ITEMS} jobs, and these are ${count}: make several batches of them`)
  const common = { ...asked, args: rest, flags: more, formatIn: '-f' } as const
  if (whole.length > 0) {
    const makers = await Promise.all(whole.map((input) => inputMaker(tool, { ...common, in: inputs, input })))
    return { named: [], make: () => makers.map(({ make }) => make([], []) as object) }
  }
  const { named, make } = await inputMaker(tool, { ...common, in: inputs.slice(0, 1) })
  return { named, make: (sources, others) => sources.map((source) => make([source], others) as object) }
}

/** Not to be aborted: a batch that was taken in and whose id is not known could not be cancelled. */
function submit(hub: HubClient, tool: string, inputs: readonly object[]): Promise<BatchHandle> {
  return hub.submitBatch({ tool, inputs })
}

async function seeThrough(
  made: BatchHandle, { shell, values }: Call<typeof OPTIONS>, { view, interruption }: { readonly view: ProgressView; readonly interruption: Interruption },
): Promise<ExitCode> {
  const { signal } = interruption
  const patienceMs = followingPatience(values)
  const ended = await followBatch(made, { view, signal, patienceMs, events: values.json ? shell.stdout : undefined })
  if (ended.counts.completed > 0) {
    const place = { stdout: shell.stdout, view, patienceMs, signal }
    if (values.out !== undefined) await saveFolder(made, { ...place, output: values.out })
    if (values.zip !== undefined) await saveZip(made, { ...place, output: values.zip })
    if (values.out === undefined && values.zip === undefined && !values.json) {
      for (const { url } of ended.items.flatMap(({ artifacts = [] }) => artifacts)) await write(shell.stdout, `${hubUrl(shell, values)}${url}\n`)
    }
  }
  if (!values.json) await write(shell.stderr, failuresOf(ended).map((line) => `${plainText(line)}\n`).join(''))
  return interruption.hasBegun && ended.status !== 'completed' ? EXIT.cancelled : exitCodeOf(ended.status)
}
