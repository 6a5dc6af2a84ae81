import { defineCommand, HUB_OPTIONS, theOnly } from './command.ts'
import { exitCodeOf } from './exit-code.ts'
import { followJob } from './follow-job.ts'
import { followingPatience, openHub } from './open-hub.ts'
import { createProgressView } from './progress-view.ts'
import { interruptible } from './shell.ts'

export const watch = defineCommand({
  name: 'watch',
  summary: 'watch a job until it has ended; its result is the exit code',
  usage: ['ID'],
  options: {
    verbose: { type: 'boolean', short: 'v', help: 'what the tool says, from the beginning, above the bar' },
    ...HUB_OPTIONS,
  },
  run: ({ shell, values, positionals }) => interruptible(shell, async (signal) => {
    const job = openHub(shell, values).job(theOnly(positionals, 'ID'))
    await job.refresh({ signal })
    const view = createProgressView(shell, { mode: values.json ? 'silent' : 'shown' })
    try {
      const { status } = await followJob(job, {
        view, signal, patienceMs: followingPatience(values), after: values.verbose || values.json ? 'start' : 'now',
        logs: values.verbose ? 'shown' : 'hidden', events: values.json ? shell.stdout : undefined,
      })
      return exitCodeOf(status)
    } finally {
      view.clear()
    }
  }),
})
