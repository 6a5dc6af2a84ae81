import type { Batch, BatchHandle, Job, JobHandle } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS } from './command.ts'
import { EXIT } from './exit-code.ts'
import { findHandle } from './find-handle.ts'
import { openHub } from './open-hub.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { interruptible, UsageError, write } from './shell.ts'

export const cancel = changeCommand('cancel', 'cancel jobs or batches; what has ended stays as it is', (job, signal) => job.cancel({ signal }))

export const retry = changeCommand('retry', 'put jobs that have ended into the queue again, or what failed of a batch', (job, signal) => job.retry({ signal }))

export const rm = changeCommand('rm', 'remove jobs or batches with all they made; running ones are cancelled first', async (job, signal) => {
  await job.remove({ signal })
  return undefined
})

function changeCommand(name: string, summary: string, change: (found: JobHandle | BatchHandle, signal: AbortSignal) => Promise<Job | Batch | undefined>) {
  return defineCommand({
    name, summary, usage: ['ID…'], options: HUB_OPTIONS,
    run: ({ shell, values, positionals }) => interruptible(shell, async (signal) => {
      if (positionals.length === 0) throw new UsageError('ID is missing')
      const hub = openHub(shell, values)
      for (const id of positionals) {
        const job = await change(await findHandle(hub, id, { signal }), signal)
        if (values.json) await write(shell.stdout, jsonLine(job ?? { id, status: 'removed' }))
        else await write(shell.stdout, plainText(`${id}  ${job?.status ?? 'removed'}`) + '\n')
      }
      return EXIT.done
    }),
  })
}
