import { constants } from 'node:fs'
import { access, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, resolve } from 'node:path'
import type { SanjuuniOptions } from '../jobs/sanjuuni-engine.ts'
import { defineCommand, HUB_OPTIONS } from './command.ts'
import { EXIT } from './exit-code.ts'
import { hubUrl, openHub } from './open-hub.ts'
import { jsonLine, plainText } from './plain-text.ts'
import { interruptible, type Shell, write } from './shell.ts'
import { formatBytes } from './units.ts'

/** One thing looked at. `bad` is what keeps a hub from running jobs here; `weak` only what it would do better with. */
export interface Finding {
  readonly name: string
  readonly verdict: 'good' | 'weak' | 'bad'
  readonly detail: string
}

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'look whether this machine can run a hub, and how well',
  usage: [''],
  options: { url: HUB_OPTIONS.url, json: HUB_OPTIONS.json },
  notes: ['Looks at the same settings as reeltime serve. Ends with 1 if a hub could not run jobs here.'],
  run: ({ shell, values }) => interruptible(shell, async (signal) => {
    const { parseConfig } = await import('../config.ts')
    const config = parseConfig(shell.env)
    const findings = [
      judgeNode(process.versions.node),
      ...await judgeEngine(config),
      await judgeConverters(config),
      await judgeDisk(resolve(config.dataDirectory)),
      await judgePort(config),
      await judgeHub(shell, values, signal),
    ]
    for (const finding of findings) await write(shell.stdout, values.json ? jsonLine(finding) : render(finding))
    return findings.some(({ verdict }) => verdict === 'bad') ? EXIT.failed : EXIT.done
  }),
})

const MARK: Record<Finding['verdict'], string> = { good: 'ok', weak: 'weak', bad: 'BAD' }
/** What jobs usually ask for. */
const ENCODERS = [
  'libx264', 'libx265', 'libvpx-vp9', 'libsvtav1', 'libaom-av1', 'aac', 'libmp3lame', 'libopus', 'libvorbis', 'flac', 'dfpwm',
  'gif', 'png', 'mjpeg', 'libwebp',
] as const

function render({ name, verdict, detail }: Finding): string {
  return `${MARK[verdict].padEnd(6)}${name.padEnd(11)}${plainText(detail)}\n`
}

function judgeNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNew = major > 20 || (major === 20 && minor >= 19)
  return { name: 'node', verdict: isNew ? 'good' : 'bad', detail: isNew ? version : `${version}; needs 20.19 or later` }
}

async function judgeEngine(config: Parameters<typeof import('../jobs/ffmpeg-engine.ts').findEngine>[0]): Promise<readonly Finding[]> {
  const [{ findEngine }, { capabilities }, { describeSandbox }, { HubError }] = await Promise.all([
    import('../jobs/ffmpeg-engine.ts'), import('../jobs/engine-capabilities.ts'), import('../jobs/sandbox/sandbox.ts'), import('../errors.ts'),
  ])
  try {
    const engine = await findEngine(config)
    const { encoders, filters, muxers } = await capabilities(engine)
    const present = ENCODERS.filter((name) => encoders.has(name))
    const lacking = ENCODERS.filter((name) => !encoders.has(name))
    const origin = engine.source === '@ffmpeg/core' ? '@ffmpeg/core' : `${engine.ffmpeg.program}, from ${engine.source}`
    return [
      { name: 'ffmpeg', verdict: engine.kind === 'native' ? 'good' : 'weak', detail: `${engine.version}, ${engine.kind} (${origin})` },
      {
        name: 'encoders', verdict: lacking.length > 0 ? 'weak' : 'good',
        detail: `${encoders.size}, with ${present.join(' ')}${lacking.length > 0 ? `; without ${lacking.join(' ')}` : ''}`,
      },
      { name: 'others', verdict: 'good', detail: `${filters.size} filters, ${muxers.size} formats to write` },
      { name: 'sandbox', verdict: engine.sandbox.wall === 'bubblewrap' ? 'good' : 'weak', detail: describeSandbox(engine.sandbox) },
    ]
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    return [{ name: 'ffmpeg', verdict: 'bad', detail: [error.message, error.hint].filter((part) => part !== undefined).join('. ') }]
  }
}

async function judgeConverters(config: Omit<SanjuuniOptions, 'sandbox'>): Promise<Finding> {
  const [{ findSanjuuni }, { findSandbox }, { HubError }] = await Promise.all([
    import('../jobs/sanjuuni-engine.ts'), import('../jobs/sandbox/ladder.ts'), import('../errors.ts'),
  ])
  try {
    const sanjuuni = await findSanjuuni({ ...config, sandbox: await findSandbox(config) })
    const installed = sanjuuni ? `, and sanjuuni (${sanjuuni.path}, from ${sanjuuni.source})` : ''
    return { name: 'converters', verdict: 'good', detail: `the hub’s own${installed}` }
  } catch (error) {
    if (!(error instanceof HubError)) throw error
    return { name: 'converters', verdict: 'weak', detail: `the hub’s own; ${error.message}` }
  }
}

async function judgeDisk(directory: string): Promise<Finding> {
  const existing = await nearestExisting(directory)
  const isWritable = await access(existing, constants.W_OK).then(() => true, () => false)
  const { bavail, bsize } = await statfs(existing)
  const detail = `${formatBytes(bavail * bsize)} free for ${directory}`
  if (!isWritable) return { name: 'disk', verdict: 'bad', detail: `${existing} cannot be written; set REELTIME_DATA_DIR to another` }
  return { name: 'disk', verdict: bavail * bsize < 2e9 ? 'weak' : 'good', detail }
}

/** The data directory is made at the first start. */
async function nearestExisting(directory: string): Promise<string> {
  const exists = await access(directory).then(() => true, () => false)
  return exists || dirname(directory) === directory ? directory : nearestExisting(dirname(directory))
}

function judgePort({ host, port }: { readonly host: string; readonly port: number }): Promise<Finding> {
  return new Promise((done) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      done({ name: 'port', verdict: 'weak', detail: `${host}:${port} cannot be had (${error.code}); reeltime serve --port takes another` })
    })
    server.listen(port, host, () => server.close(() => done({ name: 'port', verdict: 'good', detail: `${host}:${port} is free` })))
  })
}

async function judgeHub(shell: Shell, values: { readonly url?: string }, signal: AbortSignal): Promise<Finding> {
  const { HubProblem, HubUnreachableError } = await import('../client/index.ts')
  const url = hubUrl(shell, values)
  try {
    const { status, version } = await openHub(shell, values).health({ signal })
    return { name: 'hub', verdict: 'good', detail: `${url} runs ${String(version ?? 'a hub')}: ${status}` }
  } catch (error) {
    if (error instanceof HubProblem) return { name: 'hub', verdict: 'weak', detail: `${url}: ${error.message}` }
    if (error instanceof HubUnreachableError) return { name: 'hub', verdict: 'good', detail: `none runs at ${url}` }
    throw error
  }
}
