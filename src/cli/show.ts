import type { Job } from '../client/index.ts'
import { defineCommand, HUB_OPTIONS, theOnly } from './command.ts'
import { EXIT } from './exit-code.ts'
import { openHub } from './open-hub.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { progressOf, renderLine } from './progress-bar.ts'
import { interruptible, write } from './shell.ts'
import { formatBytes } from './units.ts'

export const show = defineCommand({
  name: 'show',
  summary: 'print all about a job',
  usage: ['ID'],
  options: HUB_OPTIONS,
  run: ({ shell, values, positionals }) => interruptible(shell, async (signal) => {
    const job = await openHub(shell, values).job(theOnly(positionals, 'ID')).refresh({ signal })
    await write(shell.stdout, values.json ? jsonLine(job) : describe(job))
    return EXIT.done
  }),
})

function describe(job: Job): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['id', job.id],
    ['tool', job.tool],
    ['status', job.status === 'running' || job.status === 'queued' ? renderLine(progressOf(job)) : job.status],
    ['attempt', String(job.attempt)],
    ['input', JSON.stringify(job.input)],
    ['created', time(job.created_at)],
    ['started', time(job.started_at)],
    ['ended', time(job.ended_at)],
    ['kept until', time(job.expires_at)],
    ['log lines', String(job.total_logs)],
    ...job.artifacts.map(({ name, size, content_type }) => ['artifact', `${name}  ${formatBytes(size)}  ${content_type}`] as const),
    ['result', Object.keys(job.result).length > 0 ? JSON.stringify(job.result) : undefined],
    ['error', job.error && `${job.error.code}: ${job.error.message}`],
    ['hint', job.error?.hint],
  ]
  return rows.flatMap(([name, text]) => text === undefined ? [] : `${name.padEnd(12)}${plainText(text)}\n`).join('')
}

function time(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds).toISOString()
}
