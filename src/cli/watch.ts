import { BatchHandle } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS, theOnly } from './command.ts'
import { exitCodeOf } from './exit-code.ts'
import { findHandle } from './find-handle.ts'
import { failuresOf, followBatch } from './follow-batch.ts'
import { followJob } from './follow-job.ts'
import { followingPatience, openHub } from './open-hub.ts'
import { createProgressView } from './progress-view.ts'
import { interruptible } from './shell.ts'

export const watch = defineCommand({
  name: 'watch',
  summary: 'watch a job or a batch until it has ended; its result is the exit code',
  usage: ['ID'],
  options: {
    verbose: { type: 'boolean', short: 'v', help: 'what the tool says, from the beginning, above the bar' },
    ...HUB_OPTIONS,
  },
  run: ({ shell, values, positionals }) => interruptible(shell, async (signal) => {
    const found = await findHandle(openHub(shell, values), theOnly(positionals, 'ID'), { signal })
    const view = createProgressView(shell, { mode: values.json ? 'silent' : 'shown' })
    try {
      const options = { view, signal, patienceMs: followingPatience(values), events: values.json ? shell.stdout : undefined }
      if (found instanceof BatchHandle) {
        const batch = await followBatch(found, options)
        view.print(failuresOf(batch))
        return exitCodeOf(batch.status)
      }
      const { status } = await followJob(found, {
        ...options, after: values.verbose || values.json ? 'start' : 'now',
        logs: values.verbose ? 'shown' : 'hidden',
      })
      return exitCodeOf(status)
    } finally {
      view.clear()
    }
  }),
})
