import { tmpdir } from 'node:os'
import { HubError } from '../errors.ts'
import { NotMediaError } from '../tools/media-info.ts'
import { findTool } from '../tools/registry.ts'
import type { MediaInfo, Plan, Requirements, Tool } from '../tools/tool.ts'
import { ASSUMED_EXTENSIONS, ASSUMED_TEXT, assumedKind, type AssumedKind, assumedMedia, assumedSource } from './assumed-media.ts'
import type { Caller } from './caller.ts'
import type { CommandRunner } from './command-runner.ts'
import { parseInput } from './parse-input.ts'
import { readWritten } from './read-written.ts'
import { type ShownCommand, showCommand } from './shown-command.ts'
import { placeOf } from './source-place.ts'
import type { Staging } from './stage.ts'

export interface PlanningOptions {
  readonly staging: Pick<Staging, 'locate'>
  readonly runner: Pick<CommandRunner, 'probe'>
  readonly assertCanRun: (requirements: Requirements) => Promise<void>
}

/** What a job would run, with neutral names for its files. */
export interface JobPlan {
  readonly tool: string
  /** Something of it hangs on a source that was not looked at. */
  readonly assumed: boolean
  readonly sources: readonly { readonly file: string; readonly assumed?: AssumedKind }[]
  readonly commands: readonly ShownCommand[]
  readonly artifacts: readonly { readonly name: string; readonly content_type: string }[]
  /** Why there are no commands: what was assumed does not fit. */
  readonly reason?: string
}

/** A file that takes longer to look at is assumed to be plain. */
const PROBE_MS = 5_000
/** Programs that look at files here at the same time; who comes then is answered by assumption. */
const MOST_PROBES = 3
/** A minute, and if that is too short for what is asked, an hour. */
const ASSUMED_SECONDS = [60, 3600]
/** Nothing is there, and nobody else's text holds it. */
const WORKSPACE = '/job-to-be'

/** Tells what jobs would run, and refuses what `submit` would refuse. Nothing is fetched, and nothing stays. */
export class Planning {
  readonly #options: PlanningOptions
  #probes = 0

  constructor(options: PlanningOptions) {
    this.#options = options
  }

  /** Throws a HubError that names each wrong field. */
  async plan({ tool: toolName, input: rawInput, caller }: { readonly tool: string; readonly input: unknown; readonly caller: Caller }): Promise<JobPlan> {
    const tool = findTool(toolName)
    const input = parseInput(tool, rawInput)
    caller.admit(tool.name, input)
    tool.check?.(input)
    await this.#options.assertCanRun(tool.requires?.(input) ?? {})
    const sources = await Promise.all(tool.sources(input).map((source) => this.#look(source, placeOf(source, input) ?? 'source')))
    const names = sources.map(({ extension }, index) => `input${index === 0 ? '' : `-${index + 1}`}.${extension}`)
    const paths = { inputs: names.map((_, index) => `${WORKSPACE}/in/${index}`), outputDirectory: `${WORKSPACE}/out`, names }
    const assumed = sources.some((source) => source.assumed !== undefined)
    const about = { tool: tool.name, assumed, sources: sources.map((source, index) => ({ file: names[index]!, ...(source.assumed && { assumed: source.assumed }) })) }
    const plan = await planAssuming(tool, input, { paths, sources })
    if (plan instanceof HubError) return { ...about, commands: [], artifacts: [], reason: plan.message }
    const artifacts = [...plan.commands.flatMap((command) => command.artifacts ?? []), ...plan.artifacts]
    return {
      ...about, commands: plan.commands.map((command) => showCommand(command, paths)),
      artifacts: artifacts.map(({ file, contentType }) => ({ name: file, content_type: contentType })),
    }
  }

  async #look(source: string, path: string): Promise<LookedAt> {
    const chosen = assumedSource(source)
    if (chosen) return { assumed: chosen, extension: ASSUMED_EXTENSIONS[chosen] }
    // Of a job that still runs the only artifact has no name yet.
    const { name = '', file } = await this.#options.staging.locate(source, path)
    const info = file === undefined ? undefined : await this.#probe(file, path)
    const assumed = assumedKind(name)
    const extension = /\.([a-z0-9]{1,5})$/i.exec(name)?.[1]?.toLowerCase() ?? ASSUMED_EXTENSIONS[assumed]
    return { extension, ...(file !== undefined && { file }), ...(info === undefined ? { assumed } : { info }) }
  }

  /** Undefined where it cannot be told now what it is. */
  async #probe(file: string, path: string): Promise<MediaInfo | HubError | undefined> {
    if (this.#probes >= MOST_PROBES) return undefined
    this.#probes++
    try {
      return await this.#options.runner.probe(file, { cwd: tmpdir(), signal: AbortSignal.timeout(PROBE_MS), onComplaint: () => undefined })
    } catch (error) {
      return error instanceof NotMediaError ? notMediaAt(path, error) : undefined
    } finally {
      this.#probes--
    }
  }
}

interface LookedAt {
  readonly extension: string
  readonly assumed?: AssumedKind
  /** What the hub holds already. */
  readonly file?: string
  /** Or why there is none, for who asks: not every source has to be media. */
  readonly info?: MediaInfo | HubError
}

/** A refusal that may be the assumption's is an answer, and not an error. */
async function planAssuming<Input>(
  tool: Tool<Input>, input: Input, { paths, sources }: { paths: { inputs: readonly string[]; outputDirectory: string }; sources: readonly LookedAt[] },
): Promise<Plan | HubError> {
  const isAssumed = sources.some(({ assumed }) => assumed !== undefined)
  let refusal: HubError | undefined
  for (const seconds of ASSUMED_SECONDS) {
    const sourceOf = (path: string): Partial<LookedAt> => sources[paths.inputs.indexOf(path)] ?? {}
    const probe = async (path: string) => {
      const { info, assumed } = sourceOf(path)
      if (info instanceof HubError) throw info
      return info ?? assumedMedia(assumed ?? 'film', seconds)
    }
    // Measuring takes as long as decoding does; what the file says of itself will do for a look.
    const soundSeconds = async (path: string) => (await probe(path)).durationSeconds ?? seconds
    const read = async (path: string) => {
      const { file } = sourceOf(path)
      return file === undefined ? Buffer.from(ASSUMED_TEXT) : readWritten(file)
    }
    try {
      return await tool.plan(input, { ...paths, probe, soundSeconds, read })
    } catch (error) {
      if (!(error instanceof HubError) || !isAssumed || error instanceof NotMediaAtError) throw error
      refusal ??= error
    }
  }
  return refusal!
}

/** What is known for certain. */
class NotMediaAtError extends HubError {}

function notMediaAt(path: string, { message, hint }: NotMediaError): NotMediaAtError {
  return new NotMediaAtError('invalid_input', message, { hint, errors: [{ path, message }] })
}
