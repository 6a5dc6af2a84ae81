import { basename } from 'node:path'
import { BatchHandle, HubProblem } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS } from './command.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { findHandle } from './find-handle.ts'
import { followingPatience, openHub } from './open-hub.ts'
import { createProgressView } from './progress-view.ts'
import { checkDestination, saveArtifacts } from './save-artifacts.ts'
import { checkFolder, isArchive, saveFolder, saveZip } from './save-batch.ts'
import { interruptible, type Shell, UsageError } from './shell.ts'

export const get = defineCommand({
  name: 'get',
  summary: 'fetch what a job or a batch has made; goes on where it broke off',
  usage: ['ID [NAME] [-o FILE]', 'BATCH [-o FOLDER|FILE.zip]'],
  options: {
    out: { type: 'string', short: 'o', value: 'FILE', help: 'a file, a directory, or - for stdout; else the artifact\'s own name, here' },
    quiet: { type: 'boolean', short: 'q', help: 'nothing on stderr but errors' },
    url: HUB_OPTIONS.url,
    wait: HUB_OPTIONS.wait,
  },
  run: ({ shell, values, positionals: [id, name, ...others] }) => interruptible(shell, async (signal) => {
    if (id === undefined) throw new UsageError('ID is missing')
    if (others.length > 0) throw new UsageError(`"${others[0]}" is one argument too many`)
    if (values.out !== undefined) await checkDestination(values.out)
    const job = await findHandle(openHub(shell, values), id, { signal })
    if (job instanceof BatchHandle) return getBatch(job, { shell, values, name, signal })
    const { artifacts } = job.job
    const wanted = artifacts.filter((artifact) => name === undefined || artifact.name === name)
    if (wanted.length === 0) throw nothingToGet(artifacts.map((artifact) => artifact.name), name)
    const view = createProgressView(shell, { mode: values.quiet ? 'silent' : 'shown' })
    try {
      await saveArtifacts(job, wanted, {
        output: values.out ?? (wanted.length === 1 ? basename(wanted[0]?.name ?? '') : '.'),
        stdout: shell.stdout, view, patienceMs: followingPatience(values), signal,
      })
      return EXIT.done
    } finally {
      view.clear()
    }
  }),
})

async function getBatch(batch: BatchHandle, { shell, values, name, signal }: {
  readonly shell: Shell
  readonly values: { readonly out?: string; readonly quiet?: boolean; readonly wait?: string }
  readonly name: string | undefined
  readonly signal: AbortSignal
}): Promise<ExitCode> {
  if (name !== undefined) throw new UsageError(`"${name}" is one argument too many: of a batch all is fetched, or by the id of a job what that one has made`)
  const { out: output = '.' } = values
  if (!isArchive(output)) await checkFolder(output)
  if (batch.batch.counts.completed === 0) throw new HubProblem(404, { code: 'artifact_not_found', detail: 'no job of this batch has completed' })
  const view = createProgressView(shell, { mode: values.quiet ? 'silent' : 'shown' })
  try {
    const place = { output, stdout: shell.stdout, view, patienceMs: followingPatience(values), signal }
    await (isArchive(output) ? saveZip(batch, place) : saveFolder(batch, place))
    return EXIT.done
  } finally {
    view.clear()
  }
}

function nothingToGet(names: readonly string[], name: string | undefined): HubProblem {
  const detail = `this job has no artifact${name === undefined ? '' : ` "${name}"`}`
  const hint = names.length > 0 ? `it has ${names.join(', ')}` : undefined
  return new HubProblem(404, { code: 'artifact_not_found', detail, hint })
}
