import { hasEnded, type Job, type JobStatus } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS, wholeNumber } from './command.ts'
import { EXIT } from './exit-code.ts'
import { openHub } from './open-hub.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { interruptible, UsageError, write } from './shell.ts'
import { formatDuration } from './units.ts'

const STATUSES: readonly JobStatus[] = ['queued', 'running', 'completed', 'failed', 'cancelled']

export const jobs = defineCommand({
  name: 'jobs',
  summary: 'list jobs, newest first',
  usage: ['[--status STATUS,…] [--tool TOOL] [-n N]'],
  options: {
    status: { type: 'string', value: 'STATUS', help: `only these: ${STATUSES.join(', ')}` },
    tool: { type: 'string', value: 'TOOL', help: 'only jobs of this tool' },
    limit: { type: 'string', short: 'n', value: 'N', help: 'how many at most; 20' },
    ...HUB_OPTIONS,
  },
  run: ({ shell, values, positionals }) => interruptible(shell, async (signal) => {
    if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is one argument too many`)
    const hub = openHub(shell, values)
    const filter = { status: parseStatus(values.status), ...(values.tool !== undefined && { tool: values.tool }), signal }
    let left = wholeNumber(values.limit, 'limit') ?? 20
    if (!values.json) await write(shell.stdout, row(['ID', 'TOOL', 'STATUS', 'DONE', 'AGE', 'TOOK']))
    for (let cursor: string | null = ''; cursor !== null && left > 0;) {
      const page = await hub.jobs({ ...filter, limit: Math.min(left, PAGE), ...(cursor && { cursor }) })
      await write(shell.stdout, page.jobs.map((job) => values.json ? jsonLine(job) : row(cells(job))).join(''))
      left -= page.jobs.length
      cursor = page.next_cursor
    }
    return EXIT.done
  }),
})

const PAGE = 100
const WIDTHS = [21, 12, 10, 6, 9, 9] as const

function parseStatus(value: string | undefined): readonly JobStatus[] {
  return (value?.split(',') ?? []).map((name) => {
    const status = STATUSES.find((known) => known === name)
    if (!status) throw new UsageError(`--status takes ${STATUSES.join(', ')}, not "${name}"`)
    return status
  })
}

function cells({ id, tool, status, progress, created_at, started_at, ended_at }: Job): readonly string[] {
  const now = Date.now()
  const took = started_at === undefined ? '' : formatDuration(((hasEnded(status) ? ended_at ?? now : now) - started_at) / 1000)
  return [id, tool, status, progress === null ? '' : `${Math.floor(progress)}%`, formatDuration((now - created_at) / 1000), took]
}

function row(texts: readonly string[]): string {
  return `${texts.map((text, index) => plainText(text).padEnd(WIDTHS[index] ?? 0)).join('  ').trimEnd()}\n`
}
