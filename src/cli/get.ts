import { basename } from 'node:path'
import { HubProblem } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS } from './command.ts'
import { EXIT } from './exit-code.ts'
import { followingPatience, openHub } from './open-hub.ts'
import { createProgressView } from './progress-view.ts'
import { checkDestination, saveArtifacts } from './save-artifacts.ts'
import { interruptible, UsageError } from './shell.ts'

export const get = defineCommand({
  name: 'get',
  summary: 'fetch what a job has made; goes on where it broke off',
  usage: ['ID [NAME] [-o FILE]'],
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
    const job = openHub(shell, values).job(id)
    const { artifacts } = await job.refresh({ signal })
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

function nothingToGet(names: readonly string[], name: string | undefined): HubProblem {
  const detail = `this job has no artifact${name === undefined ? '' : ` "${name}"`}`
  const hint = names.length > 0 ? `it has ${names.join(', ')}` : undefined
  return new HubProblem(404, { code: 'artifact_not_found', detail, hint })
}
