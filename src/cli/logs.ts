import type { JobEvent, LogLine } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS, theOnly, wholeNumber } from './command.ts'
import { EXIT, exitCodeOf } from './exit-code.ts'
import { connectionReporter } from './follow-job.ts'
import { followingPatience, openHub } from './open-hub.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { createProgressView } from './progress-view.ts'
import { interruptible, type Shell, write } from './shell.ts'

export const logs = defineCommand({
  name: 'logs',
  summary: 'print what a job has said',
  usage: ['[-f] [-n N] ID'],
  options: {
    follow: { type: 'boolean', short: 'f', help: 'go on until the job has ended; its result is the exit code' },
    lines: { type: 'string', short: 'n', value: 'N', help: 'only the last N lines, and what follows' },
    ...HUB_OPTIONS,
  },
  run: ({ shell, values, positionals }) => interruptible(shell, async (signal) => {
    const job = openHub(shell, values).job(theOnly(positionals, 'ID'))
    const wanted = wholeNumber(values.lines, 'lines')
    const { total_logs } = await job.refresh({ signal })
    // The hub sends whole events, so more lines may come than were asked for.
    const printer = new LinePrinter(shell, { after: wanted === undefined ? 0 : total_logs - wanted, format: values.json ? 'json' : 'text' })
    const from = wanted === undefined ? {} : { tail: wanted }
    if (!values.follow) {
      for await (const event of job.history({ ...from, signal, types: ['new_logs'] })) await printer.take(event)
      return EXIT.done
    }
    const view = createProgressView(shell, { mode: values.json ? 'silent' : 'shown' })
    let status = job.job.status
    for await (const event of job.events({
      ...from, signal, types: ['new_logs'], patienceMs: followingPatience(values), onConnection: connectionReporter(view),
    })) {
      await printer.take(event)
      if (event.type === 'end') status = event.data.status
    }
    return exitCodeOf(status)
  }),
})

/** Each line once, in order, whatever is told again. */
class LinePrinter {
  readonly #shell: Shell
  readonly #format: 'text' | 'json'
  #after: number

  constructor(shell: Shell, { after, format }: { readonly after: number; readonly format: 'text' | 'json' }) {
    this.#shell = shell
    this.#format = format
    this.#after = after
  }

  async take(event: JobEvent): Promise<void> {
    if (event.type !== 'new_logs') return
    const lines = event.data.lines.filter(({ n }) => n > this.#after)
    this.#after = lines.at(-1)?.n ?? this.#after
    if (lines.length > 0) await write(this.#shell.stdout, lines.map((line) => this.#render(line)).join(''))
  }

  #render(line: LogLine): string {
    return this.#format === 'json' ? jsonLine(line) : `${plainText(line.text)}\n`
  }
}
